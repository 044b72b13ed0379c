"""One host's session: the client's side of `agent.sh`, over one channel of one connection."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.errors import SlipwayError
from slipway.outcome import Result
from slipway.shell import MARK, PRELUDE, Script, command_line

if TYPE_CHECKING:
    from fabric import Connection
    from paramiko import Channel

BEAT = 5  # seconds between signs of life
SILENCE = 30  # seconds without one after which a host acts by itself
READY_TIMEOUT = 20  # seconds


class Busy(SlipwayError):
    """Another operation holds the app's lock on the host."""


class Lost(SlipwayError):
    """The connection broke while a script was running."""


@dataclass(frozen=True)
class Grip:
    """What an agent holds while it lives.

    Attributes:
        lock: path of the lock file; "" to take none.
        undo: path of the undo journal that it runs if the client is lost; "" for none.
        owner: who holds the lock and for what, shown to whoever finds it taken.
        root: whether the agent runs as root through sudo.
    """

    lock: str = ""
    undo: str = ""
    owner: str = ""
    root: bool = False


class Session:
    """Runs scripts on one host, one at a time, for as long as the connection lives."""

    def __init__(self, connection: Connection, grip: Grip) -> None:
        self.connection = connection
        self._channel: Channel = connection.create_session()
        self._writing = threading.Lock()
        self._jobs = 0
        self._channel.exec_command(_agent_command(grip))
        self._lines = self._read_lines()
        self._wait_until_ready()

    def run(self, script: Script, payload: bytes = b"", hear: Callable[[str, str], None] | None = None) -> Result:
        """Run a script to its end.

        Args:
            script: bash without the prelude.
            payload: what the script reads from its standard input.
            hear: called with (kind, text) for each line: kind is `line`, `step`, `note` or `fact`.

        Raises:
            Lost: the connection broke; what the script did is unknown, and the host undoes it by itself.
        """
        self._jobs += 1
        text = f"{PRELUDE}{script}\n".encode()
        self._send(f"run {self._jobs} {len(text)} {len(payload)}\n".encode() + text + payload)
        return self._collect(hear or (lambda kind, text: None))

    def beat(self) -> None:
        """Tell the agent that we are here."""
        self._send(b"\n")

    def kill(self) -> None:
        """End the running script with all its processes; `run` then returns code 143."""
        self._send(b"kill\n")

    def close(self) -> None:
        """Let go of the lock and leave."""
        try:
            self._send(b"bye\n")
            while not self._channel.closed and next(self._lines, None) is not None:
                pass
        except (Lost, OSError):
            pass
        self.connection.close()

    def _collect(self, hear: Callable[[str, str], None]) -> Result:
        result, started = Result(), time.monotonic()
        for line in self._lines:
            if not line.startswith(MARK):
                result.tail.append(line)
                hear("line", line)
                continue
            kind, _, rest = line[1:].partition(" ")
            if kind == "done":
                job, code = rest.split()
                if int(job) == self._jobs:
                    result.code = int(code)
                    result.seconds[result.step] = time.monotonic() - started
                    return result
            elif kind == "step":
                result.seconds[result.step] = time.monotonic() - started
                result.step, started = rest, time.monotonic()
                result.tail.clear()
            elif kind == "fact":
                key, _, value = rest.partition(" ")
                if key == "changed":
                    result.changed.append(value)
                else:
                    result.facts[key] = value
            elif kind == "note":
                result.notes.append(rest)
            elif kind == "fail":
                result.reason = result.reason or rest
            elif kind == "error":
                result.command = result.command or rest.partition(" ")[2]
            hear(kind, rest)
        raise Lost("the connection was lost")

    def _wait_until_ready(self) -> None:
        for line in self._lines:
            if line == f"{MARK}ready":
                return
            if line.startswith(f"{MARK}busy"):
                raise Busy(_held(line[len(f"{MARK}busy ") :]), hint="Wait until it is done, or pass --wait.")
        raise Lost(
            "the host closed the session at once",
            hint="Does its login shell run commands? Is bash installed?",
        )

    def _send(self, data: bytes) -> None:
        try:
            with self._writing:
                self._channel.sendall(data)
        except OSError as error:
            raise Lost("the connection was lost") from error

    def _read_lines(self) -> Iterator[str]:
        """Lines as they arrive; a marker begins one even where a program left its own last line without an end."""
        rest = b""
        while chunk := self._channel.recv(65536):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                text, mark, event = line.partition(b"\x01")
                if text or not mark:
                    yield text.decode("utf-8", "replace")
                if mark:
                    yield MARK + event.decode("utf-8", "replace")
        if rest:
            yield rest.decode("utf-8", "replace")


@lru_cache(maxsize=1)
def _agent_text() -> str:
    return (Path(__file__).parent / "agent.sh").read_text()


def _agent_command(grip: Grip) -> str:
    sudo = ["sudo", "-n"] if grip.root else []
    agent = ["bash", "-c", _agent_text(), "slipway", grip.lock, grip.undo, grip.owner, str(SILENCE)]
    return "exec " + command_line([*sudo, *agent])


def _held(owner: str) -> str:
    try:
        held = json.loads(owner)
        return f"{held['who']} has been running {held['operation']} here since {held['since']} UTC"
    except (ValueError, KeyError, TypeError):
        return "another operation is running here"
