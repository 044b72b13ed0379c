"""`ask_maintenance`: does nginx serve the maintenance page that was just written?"""

from __future__ import annotations

import socket
import threading

import pytest

from tests.remote.run_program import Done
from tests.remote.supervisor_bench import Bench


def asked(bench: Bench, answers: list[bytes], timeout: float = 1) -> Done:
    """Run the program against a server that gives some answers, the last one for ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        options = {"host": "example.org", "address": "127.0.0.1", "port": server.getsockname()[1]}
        running = bench.begin("web.ask_maintenance", {**options, "retry_after": 600, "timeout": timeout})

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answers[0])
                if len(answers) > 1:
                    answers.pop(0)

        threading.Thread(target=serve, daemon=True).start()
        done = bench.finish(running)
        server.shutdown(socket.SHUT_RDWR)
    return done


PAGE = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 600\r\n\r\npage"


def test_the_page_is_healthy(bench: Bench) -> None:
    assert asked(bench, [PAGE]).code == 0


def test_an_nginx_that_remembers_for_a_while_is_waited_for(bench: Bench) -> None:
    assert asked(bench, [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", PAGE], 10).code == 0


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nhello", 200),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\nthe app itself", 503),
        (b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 60\r\n\r\nthe app itself", 503),
    ],
)
def test_anything_else_says_what_to_do(bench: Bench, answer: bytes, status: int) -> None:
    done = asked(bench, [answer])
    assert done.code == 1
    assert f"does not serve the page, but {status}: run `fab provision` first" in done.text


def test_no_nginx_is_said(bench: Bench) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        options = {"host": "example.org", "address": "127.0.0.1", "port": unused.getsockname()[1]}
        done = bench.run("web.ask_maintenance", {**options, "retry_after": 600, "timeout": 1})
    assert done.code == 1
    assert "Connection refused; is nginx there, and does it run?" in done.text
