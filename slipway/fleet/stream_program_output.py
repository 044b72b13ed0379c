"""Streams what a program on a host sends for as long as it runs (`fab logs`), no faster than the caller asks for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from slipway.core.errors import SlipwayError
from slipway.core.shell import command_line
from slipway.fleet.agent_session import Lost, Refused
from slipway.fleet.ssh_connect import connect, disconnect
from slipway.fleet.start_agent import PIECE, READY_TIMEOUT
from slipway.remote.logs.frames import READY

if TYPE_CHECKING:
    from paramiko import Channel

    from slipway.inventory import Host

SILENCE = 20  # seconds without a frame after which the connection counts as lost
BEAT = 5  # seconds from one sign of life to the next
NOISE = 1 << 16  # bytes that a login shell may print before our program has its turn

# The program and its options follow on standard input: process lists show neither, and login shells, which differ in
# what they make of quotes and of lines, get one line. Nothing more is read than was sent.
_START = (
    'import os,sys;r=lambda n,d=b"":d if len(d)==n else r(n,d+(os.read(0,n-len(d)) or sys.exit(1)));'
    'o,_,p=r(int(sys.argv[2])).partition(b"\\n");sys.argv=[sys.argv[1],o.decode()];'
    'exec(compile(p,sys.argv[0],"exec"),{"__name__":"__main__"})'
)


class Frame(NamedTuple):
    """One message of a program: words, and data that belongs to them."""

    words: list[bytes]
    data: bytes


class Stream:
    """Runs a program of `slipway.remote` on a host, over a connection of its own and without the app's lock.

    The program writes frames by `slipway.remote.logs.frames`, ends when its standard input is closed, and so with the
    connection at the latest. What is not taken is not sent: the program waits.

    Args:
        name: what the program is called on the host, for its process list.
        program: its text. options: plain JSON data.

    Raises:
        Unreachable: there is no connection. Refused: the host runs no such program.
    """

    def __init__(self, host: Host, name: str, program: str, options: Mapping[str, object]) -> None:
        self._host = host
        self._rest = bytearray()
        self._over = threading.Event()
        self._connection = connect(host, host.user)
        try:
            self._channel = self._start(name, f"{json.dumps(options)}\n{program}".encode())
            self._wait_until_ready()
        except BaseException:
            self.cut()
            raise
        threading.Thread(target=self._beat, daemon=True, name=f"beat {host.name}").start()

    def frames(self) -> Iterator[Frame]:
        """Yield the program's frames, up to its frame `end`.

        Raises:
            Lost: the connection broke, or was cut. SlipwayError: the program failed, and says why.
        """
        while True:
            while (head := self._rest.find(b"\n")) < 0:
                self._more()
            words = bytes(self._rest[:head]).split(b" ")
            end = head + 1 + int(words.pop())
            while len(self._rest) < end:
                self._more()
            data = bytes(self._rest[head + 1 : end])
            del self._rest[:end]
            yield Frame(words, data)
            if words == [b"end"]:
                return

    def cut(self) -> None:
        """Break the connection: the program ends, and everything that waits for it returns."""
        self._over.set()
        disconnect(self._connection)

    def _start(self, name: str, text: bytes) -> Channel:
        from paramiko import SSHException

        try:
            channel: Channel = self._connection.transport.open_session(timeout=READY_TIMEOUT)
            channel.settimeout(SILENCE)
            channel.exec_command(f"exec {command_line(['python3', '-I', '-c', _START, name, str(len(text))])}")
            channel.sendall(text)
        except (OSError, EOFError, SSHException) as error:
            raise Refused(
                f"{self._host.name}: the host opens no session for commands: {error or 'it closed the connection'}",
                hint="Does its sshd allow sessions (MaxSessions, ForceCommand)?",
            ) from error
        return channel

    def _wait_until_ready(self) -> None:
        while (at := self._rest.find(READY)) < 0:
            try:
                self._more()
            except Lost:
                raise Refused(
                    f"{self._host.name}: the host ran no program for us", hint="Is python3 installed there?"
                ) from None
            if len(self._rest) > NOISE:
                raise Refused(f"{self._host.name}: its login shell prints without end")
        del self._rest[: at + len(READY)]

    def _more(self) -> None:
        try:
            data = self._channel.recv(PIECE)
        except (OSError, EOFError):
            data = b""
        if not data:
            raise self._ended()
        self._rest += data

    def _ended(self) -> SlipwayError:
        said = b""
        if not self._over.is_set() and self._channel.status_event.wait(1):
            with suppress(OSError, EOFError):
                while self._channel.recv_stderr_ready() and (part := self._channel.recv_stderr(PIECE)):
                    said += part
        last = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
        if last:
            return Refused(f"{self._host.name}: {last}", hint="Is python3 (3.9 or later) there, and does it work?")
        return Lost(f"{self._host.name}: the connection was lost")

    def _beat(self) -> None:
        while not self._over.wait(BEAT):
            try:
                self._channel.sendall(b"\n")
            except Exception:  # whatever it is, the frames end, too
                return


__all__ = ["Frame", "Lost", "Refused", "Stream"]
