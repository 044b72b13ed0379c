"""`ask`: over a socket and over a port."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from tests.remote.supervisor_bench import Bench

OPTIONS: dict[str, Any] = {"host": "example.org", "health": "/", "timeout": 5}


@pytest.fixture
def silent() -> Any:
    """A port that accepts connections and never answers; yields its number."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def serve(server: socket.socket, answer: bytes) -> threading.Thread:
    def once() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    thread = threading.Thread(target=once)
    thread.start()
    return thread


def test_a_socket_is_asked_as_often_as_wanted(bench: Bench) -> None:
    release = bench.release("r1")
    bench.run("web.boot", release)
    done = bench.run("web.ask_health_url", {**OPTIONS, "socket": release["socket"], "times": 3})
    assert done.code == 0, done.text
    assert done.facts["answer"]["status"] == 200


def test_a_port_is_asked_with_the_host_header(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = serve(server, b"HTTP/1.1 404 Not Found\r\n\r\n<h1>no such site</h1>")
        done = bench.run("web.ask_health_url", {**OPTIONS, "port": server.getsockname()[1]})
        thread.join()
    assert done.code == 1
    assert done.text.startswith("GET / (Host: example.org) was answered 404: no such site")


def test_refused_connections_are_borne_for_a_while(bench: Bench) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        running = bench.begin("web.ask_health_url", {**OPTIONS, "port": server.getsockname()[1]})
        threading.Event().wait(0.3)
        server.listen()
        thread = serve(server, b"HTTP/1.1 200 OK\r\n\r\n")
        assert bench.finish(running).code == 0
        thread.join()


def test_nobody_there_is_a_clear_line(bench: Bench) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        done = bench.run("web.ask_health_url", {**OPTIONS, "port": port, "retries": 2})
    assert done.code == 1
    assert done.text.startswith(f"Nobody listens at 127.0.0.1:{port} (GET / (Host: example.org)).\nDoes nginx run?")


def test_silence_is_a_clear_line(bench: Bench, silent: int) -> None:
    done = bench.run("web.ask_health_url", {**OPTIONS, "port": silent, "timeout": 0.5})
    assert (done.code, done.text) == (
        1,
        f"GET / (Host: example.org) at 127.0.0.1:{silent}: no answer within 0.5 s.",
    )


def test_what_is_no_http_is_a_clear_line(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = serve(server, b"SSH-2.0-OpenSSH_9.2\r\n")
        done = bench.run("web.ask_health_url", {**OPTIONS, "port": server.getsockname()[1]})
        thread.join()
    assert "no HTTP answer but 'SSH-2.0-OpenSSH_9.2" in done.text
