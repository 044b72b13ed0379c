"""`run_server` with a server that listens on $PORT: it is reached by the socket, and by nobody else's listener."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.remote import program
from slipway.remote.web import forward_socket_to_port, open_ports, reserve_port, tcp_listeners

# Answers a line with it, `s` seconds later for a line `s`; reads all of a body and sends it back; says who asked.
SERVER = """
import os, socketserver, time
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline()
        if line == b"echo\\n":
            self.wfile.write(self.rfile.read())
        elif line == b"early\\n":
            self.wfile.write(b"enough")
        else:
            time.sleep(float(line))
            self.wfile.write(b"re: " + line)
class Server(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True
    request_queue_size = 128
Server((os.environ.get("ADDRESS", "127.0.0.1"), int(os.environ["PORT"])), Handler).serve_forever()
"""


class Running:
    """A server that runs by way of the program."""

    def __init__(self, folder: Path, code: str = SERVER, **env: str) -> None:
        self.path, self.log = folder / "web.sock", folder / "log"
        (folder / "run_server.py").write_text(program("web.run_server"))
        options = json.dumps({"socket": str(self.path), "grace": 10, "group": False, "port": True})
        words = [sys.executable, "-I", "-S", str(folder / "run_server.py"), options, sys.executable, "-c", code]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(words, env={**os.environ, **env}, stderr=log, start_new_session=True)

    def connect(self) -> socket.socket:
        deadline = time.monotonic() + 10
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(10)
        while connection.connect_ex(str(self.path)):
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)
        return connection

    def ask(self, data: bytes) -> bytes:
        with self.connect() as visitor:
            visitor.sendall(data)
            return everything(visitor)


def everything(visitor: socket.socket) -> bytes:
    return b"".join(iter(lambda: visitor.recv(1 << 16), b""))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    if running.process.poll() is None:
        os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()


def test_a_server_on_a_port_is_reached_by_the_socket(server: Running) -> None:
    assert server.ask(b"0\n") == b"re: 0\n"
    assert server.path.stat().st_mode & 0o777 == 0o666


def test_many_visitors_at_a_time_get_their_own_answers(server: Running) -> None:
    visitors = [server.connect() for _ in range(200)]
    for number, visitor in enumerate(visitors):
        visitor.sendall(b"0.%d\n" % (number % 5))
    assert [everything(visitor) for visitor in visitors] == [b"re: 0.%d\n" % (number % 5) for number in range(200)]
    for visitor in visitors:
        visitor.close()


def test_what_is_large_passes_whole_though_the_visitor_reads_late(server: Running) -> None:
    body = os.urandom(1 << 20) * 8
    with server.connect() as visitor:
        visitor.sendall(b"echo\n" + body)
        visitor.shutdown(socket.SHUT_WR)
        time.sleep(0.3)
        assert everything(visitor) == body


def test_an_answer_arrives_that_was_given_before_the_body_was_read(server: Running) -> None:
    with server.connect() as visitor:
        visitor.sendall(b"early\n" + b"x" * 1000)
        assert everything(visitor) == b"enough"


def test_a_request_that_has_begun_is_answered_before_the_server_is_told_to_end(server: Running) -> None:
    with server.connect() as visitor:
        visitor.sendall(b"0.5\n")
        time.sleep(0.1)
        server.process.terminate()
        assert server.ask(b"0.2\n") == b"re: 0.2\n"  # nginx may still come until it follows the switch
        assert everything(visitor) == b"re: 0.5\n"
    assert server.process.wait(timeout=10) == 128 + signal.SIGTERM


def test_one_that_listens_on_all_addresses_or_on_ipv6_is_found(tmp_path: Path) -> None:
    server = Running(tmp_path, ADDRESS="0.0.0.0")
    assert server.ask(b"0\n") == b"re: 0\n"
    server.process.kill()
    server.process.wait()


def test_a_server_that_makes_the_socket_by_itself_is_asked_there(tmp_path: Path) -> None:
    unix = SERVER.replace("ThreadingTCPServer", "ThreadingUnixStreamServer")
    unix = unix[: unix.index("Server((")] + "Server(os.environ['SOCKET'], Handler).serve_forever()\n"
    server = Running(tmp_path, unix)
    assert server.ask(b"0\n") == b"re: 0\n"
    server.process.terminate()
    assert server.process.wait(timeout=10) == 128 + signal.SIGTERM
    assert "Slipway" not in server.log.read_text()


def test_another_accounts_listener_gets_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where: tuple[str, int] = listener.getsockname()
        forward_socket_to_port.connected(where).close()
        monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
        with pytest.raises(forward_socket_to_port.Stranger, match=r"another account .* listens on port"):
            forward_socket_to_port.connected(where)
        listener.settimeout(1)
        seen = [listener.accept()[0].recv(1) for _ in range(2)]
    assert seen == [b"", b""]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another account")
def test_a_port_that_another_account_took_first_ends_the_server(tmp_path: Path) -> None:
    take = SERVER.replace("Server((", "os.setuid(65534)\nServer((")  # it is root's, and its listener `nobody`'s
    server = Running(tmp_path, take)
    assert server.process.wait(timeout=10) == 1
    assert "another account (nobody) listens on port" in server.log.read_text()
    assert not server.path.exists()


def test_no_two_get_the_same_port_nor_one_that_is_in_use() -> None:
    made = [reserve_port.reserve_port() for _ in range(50)]
    assert len({port for port, _ in made}) == 50
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert not reserve_port.is_free(listener.getsockname()[1])
    for _, reservation in made:
        reservation.close()


@pytest.mark.parametrize(
    ("ephemeral", "ports"),
    [("32768\t60999", range(20000, 32768)), ("10000 30000", range(30001, 65000)), ("1024 65535", range(20000, 65000))],
)
def test_a_port_is_none_that_the_kernel_gives_to_outgoing_connections(
    tmp_path: Path, ephemeral: str, ports: range
) -> None:
    (tmp_path / "range").write_text(ephemeral + "\n")
    assert reserve_port.candidates(str(tmp_path / "range")) == ports


def test_the_kernels_table_tells_the_same_as_its_answers() -> None:
    with socket.create_server(("0.0.0.0", 0)) as open_to_all, socket.create_server(("127.0.0.1", 0)) as near:
        for server, everywhere in ((open_to_all, True), (near, False)):
            port = server.getsockname()[1]
            (told,) = tcp_listeners.told(socket.AF_INET, port)
            (listed,) = tcp_listeners.listed(socket.AF_INET, port)
            assert vars(told) == vars(listed)
            assert (told.everywhere, told.user, told.near) == (everywhere, os.getuid(), ("127.0.0.1", port))


def test_a_port_on_which_everybody_may_reach_the_server_is_told() -> None:
    port, reservation = reserve_port.reserve_port()
    with socket.create_server(("127.0.0.1", port)):
        assert port not in open_ports.open_ports(os.getuid())
    with socket.create_server(("0.0.0.0", port)):
        assert port in open_ports.open_ports(os.getuid())
        assert port not in open_ports.open_ports(os.getuid() + 1)
        reservation.close()
        assert port not in open_ports.open_ports(os.getuid())  # not one that Slipway gave away
