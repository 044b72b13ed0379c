"""An app that logs a lot, and a reader of `fab logs` that counts the lines."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from typing import IO

from tests.hosts.project import Project

# Counts as fast as it is told to, and goes on slowly until it is told to end.
TALKER = """
import os, signal, sys, threading
over = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: over.set())
release, rate, count = os.environ["SLIPWAY_RELEASE"], {rate}, {count}
step = max(1, rate // 50)
for first in range(1, count + 1, step):
    last = min(count, first + step - 1)
    sys.stdout.write("".join(f"{{release}} says {{number}} {{'.' * 350}}\\n" for number in range(first, last + 1)))
    sys.stdout.flush()
    if over.wait(0.02):
        break
while not over.wait(0.2):
    last += 1
    print(release, "says", last, flush=True)
print(release, "says", last + 1, flush=True)
print(release, "ends", last + 2, flush=True)
"""
SAID = re.compile(r"(\w+) +worker +\| (\S+) (says|ends) (\d+)( \.*)?$")
DOTS = " " + "." * 350


def talk(project: Project, rate: int, count: int) -> str:
    """Have the project's worker talk; returns the commit."""
    return project.edit("worker.py", TALKER.format(rate=rate, count=count))


class Listener:
    """Runs `fab logs`, and checks each line as it comes: none lost, none twice, none torn.

    Attributes:
        heard: the last number of each (host, release). ended: the (host, release) that said their last word.
        wrong: what should not have come.
    """

    def __init__(self, project: Project, *words: str) -> None:
        self.heard: dict[tuple[str, str], int] = {}
        self.ended: set[tuple[str, str]] = set()
        self.wrong: list[str] = []
        self.said: list[str] = []
        self.lines = 0
        self.first = 0.0
        self.began = time.monotonic()
        self.process = project.start("logs", "--process=worker", *words)
        assert self.process.stdout and self.process.stderr
        self._threads = [
            threading.Thread(target=self._hear, args=(self.process.stdout,), daemon=True),
            threading.Thread(target=self._note, args=(self.process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _hear(self, stream: IO[str]) -> None:
        for line in stream:
            self.first = self.first or time.monotonic() - self.began
            self.lines += 1
            match = SAID.fullmatch(line.rstrip("\n"))
            if not match or (match[5] or DOTS) != DOTS:
                self.wrong.append(line)
                continue
            key, number = (match[1], match[2]), int(match[4])
            before = self.heard.get(key, 0)
            if number != before + 1:
                self.wrong.append(f"after {before}: {line}")
            self.heard[key] = number
            if match[3] == "ends":
                self.ended.add(key)

    def _note(self, stream: IO[str]) -> None:
        self.said.extend(stream)

    def wait(self, reached: Callable[[], bool], seconds: float = 120) -> None:
        """Wait until something has been heard."""
        deadline = time.monotonic() + seconds
        while not reached():
            assert self.process.poll() is None, "".join(self.said)
            assert time.monotonic() < deadline, f"{self.heard}\n{self.wrong[:5]}\n{''.join(self.said)}"
            time.sleep(0.05)

    def memory(self) -> int:
        """Bytes of memory that fab has used at most."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))

    def interrupt(self) -> float:
        """Press Ctrl-C; returns the seconds until fab has ended."""
        pressed = time.monotonic()
        os.kill(self.process.pid, signal.SIGINT)
        try:
            assert self.process.wait(10) == 130, "".join(self.said)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        took = time.monotonic() - pressed
        for thread in self._threads:
            thread.join(5)
        return took


REMOTE = "slipway-logs"


def remote(project: Project, host: str) -> list[str]:
    """Processes of `fab logs` on a host; hosts without root share a machine, and each has an sshd of its own."""
    found = project.on(host, f"pgrep -f '^[^ ]*python3[0-9.]* .*{REMOTE} [0-9]' || true").split()
    if not project.hosts.rootless:
        return found
    sshd = (project.hosts.folder / host / "sshd.pid").read_text().strip()
    return [pid for pid in found if sshd in project.on(host, f"ps -o ppid= -p $(ps -o ppid= -p {pid}) || true").split()]


def cut(project: Project, host: str) -> None:
    """Break the connections of `fab logs` to a host."""
    deadline = time.monotonic() + 10
    while not (found := remote(project, host)):
        assert time.monotonic() < deadline, f"nothing to cut on {host}"
    for pid in found:
        project.on(host, f"kill -9 $(ps -o ppid= -p {pid})")
