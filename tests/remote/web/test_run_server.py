"""`run_server`: a web server is told to end only when no connection to its socket is open any more."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slipway.remote import program

# Answers a line with a line, half a second later, and drops everything when it is told to end.
SERVER = """
import os, socketserver, time
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline()
        time.sleep(0.5)
        self.wfile.write(b"re: " + line)
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
Server(os.environ["SOCKET"], Handler).serve_forever()
"""


class Running:
    """A server that runs by way of the program."""

    def __init__(self, folder: Path, command: list[str], grace: float = 10, group: bool = False) -> None:
        self.path = folder / "web.sock"
        text = folder / "run_server.py"
        text.write_text(program("web.run_server"))
        options = json.dumps({"socket": str(self.path), "grace": grace, "group": group})
        self.process = subprocess.Popen([sys.executable, "-I", "-S", text, options, *command], start_new_session=True)

    def connect(self) -> socket.socket:
        until(lambda: mode(self.path) == 0o666)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(10)
        connection.connect(str(self.path))
        return connection

    def tell(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        return self.process.wait(timeout=10)


def mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:  # not there yet; or the one that an earlier run has left was removed just now
        return 0


def rest(visitor: socket.socket) -> bytes:
    """What still comes of an answer; nothing if the connection was cut."""
    try:
        return visitor.recv(100)
    except ConnectionResetError:
        return b""


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    made: list[Running] = []

    def begin(*command: str, **options: float | bool) -> Running:
        made.append(Running(tmp_path, list(command or (sys.executable, "-c", SERVER)), **options))  # type: ignore[arg-type]
        return made[-1]

    yield begin
    for running in made:
        if running.process.poll() is None:
            os.killpg(running.process.pid, signal.SIGKILL)
            running.process.wait()


def test_a_request_that_has_begun_is_answered_before_the_server_is_told_to_end(start: Start) -> None:
    server = start()
    with server.connect() as visitor:
        visitor.sendall(b"hello\n")
        server.tell()
        assert visitor.recv(100) == b"re: hello\n"
    assert server.wait() == 128 + signal.SIGTERM


def test_what_takes_longer_than_the_grace_is_dropped(start: Start) -> None:
    server = start(grace=0.2)
    with server.connect() as visitor:
        began = time.monotonic()
        server.tell()
        assert rest(visitor) == b""
        assert 0.2 <= time.monotonic() - began < 5
    server.wait()


def test_told_again_it_ends_at_once(start: Start) -> None:
    server = start(grace=60)
    with server.connect() as visitor:
        server.tell()
        time.sleep(0.2)
        server.tell()
        assert rest(visitor) == b""
    server.wait()


def test_a_socket_that_an_earlier_run_has_left_is_removed(start: Start, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "web.sock"))
    server = start()
    with server.connect() as visitor:
        visitor.sendall(b"hello\n")
        assert visitor.recv(100) == b"re: hello\n"


def test_the_exit_code_is_that_of_the_server(start: Start) -> None:
    assert start("sh", "-c", "exit 3").wait() == 3
    assert start("/nowhere/server").wait() == 127


def test_all_programs_of_a_command_are_told(start: Start, tmp_path: Path) -> None:
    said = tmp_path / "said"
    command = (
        f"(trap 'echo told > {said}; exit' TERM; while :; do sleep 0.05; done) & exec {sys.executable} -c '{SERVER}'"
    )
    server = start("sh", "-c", command, group=True)
    server.connect().close()
    server.tell()
    server.wait()
    until(said.exists)


def test_the_server_does_not_outlive_it(start: Start, tmp_path: Path) -> None:
    server = start("sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 60")
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    pid = int((tmp_path / "pid").read_text())
    server.process.kill()
    server.wait()
    until(lambda: not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes())
