"""A real agent over pipes, as sshd would start it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from tests.conftest import ROOT

NONCE = "5e55101"
MARK = b"\x01" + NONCE.encode() + b" "
TEXT = (ROOT / "slipway" / "fleet" / "agent.sh").read_text()


def eventually(condition: Callable[[], object], within: float = 10.0) -> None:
    """Wait for something that happens elsewhere."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def running(pid: int) -> bool:
    """Whether a process lives; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Agent:
    """The control machine's side of an agent, byte by byte.

    Args:
        folder: where its lock, its journal and its temporary files are.
        silence: seconds after which it gives us up.
    """

    def __init__(self, folder: Path, silence: int = 30, owner: str = "me", tmp: Path | None = None) -> None:
        self.lock, self.undo = folder / "lock", folder / "undo"
        self.tmp = tmp or folder / "tmp"
        self.tmp.mkdir(exist_ok=True)
        words = ["bash", "--norc", "-c", TEXT, "slipway", str(self.lock), str(self.undo), owner, str(silence), NONCE]
        self.process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(self.tmp)},
            start_new_session=True,
        )
        assert self.process.stdin and self.process.stdout
        self.stdin: IO[bytes] = self.process.stdin
        self.stdout: IO[bytes] = self.process.stdout
        self.jobs = 0

    def send(self, data: bytes) -> None:
        self.stdin.write(data)
        self.stdin.flush()

    def start(self, script: str, payload: bytes = b"") -> None:
        """Send a script, and do not wait for it."""
        self.jobs += 1
        text = script.encode()
        self.send(b"run %d %d %d\n" % (self.jobs, len(text), len(payload)) + text + (payload and payload + b"\n"))

    def finish(self) -> tuple[int, bytes]:
        """Exit code and output of the script that runs."""
        output = b""
        while MARK + b"done " not in output:
            line = self.stdout.readline()
            assert line, f"the agent left after {output!r}"
            output += line
        output, _, done = output.rpartition(MARK + b"done ")
        job, code = done.split()
        assert int(job) == self.jobs
        return int(code), output.replace(MARK + b"alive\n", b"")

    def run(self, script: str, payload: bytes = b"") -> tuple[int, bytes]:
        """Exit code and output of a script."""
        self.start(script, payload)
        return self.finish()

    def line(self) -> bytes:
        return self.stdout.readline()

    def leave(self) -> int:
        """Say goodbye; the agent's exit code."""
        self.send(b"bye\n")
        return self.process.wait(timeout=10)

    def close(self) -> None:
        """End everything that belongs to the agent, by its session id."""
        self.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        for pid in members(self.process.pid):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.stdout.close()


def members(session: int) -> list[int]:
    """Processes of a session that live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found
