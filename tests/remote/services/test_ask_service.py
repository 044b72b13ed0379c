"""Asking services whether they serve: against servers that answer as the real ones do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from slipway.remote.services.ask_service import NotReady, Refuses, answer_of
from slipway.remote.services.wait_for_services import awaited


def error(code: str, said: str) -> bytes:
    body = b"SFATAL\0C" + code.encode() + b"\0M" + said.encode() + b"\0\0"
    return b"E" + (len(body) + 4).to_bytes(4, "big") + body


def message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body


WELCOME = message(b"R", b"\0\0\0\0") + message(b"S", b"server_version\x0015.8 (Debian)\0") + message(b"Z", b"I")
PASSWORD = message(b"R", b"\0\0\0\x0aSCRAM-SHA-256\0\0")


@contextmanager
def server(*answers: bytes) -> Iterator[int]:
    """Gives each connection the next of the answers, once it was asked something."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for answer in answers:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1024)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def service(kind: str, port: int, **more: Any) -> dict[str, Any]:
    return {
        "service": "db", "kind": kind, "host": "127.0.0.1", "port": port, "user": "shop", "name": "shop", "tls": False,
        "version": "", **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "answer", "version"),
    [
        ("postgres", WELCOME, "15.8"),
        ("postgres", PASSWORD, ""),
        ("redis", b"-NOAUTH Authentication required.\r\n", ""),
        ("redis", b"+PONG\r\n", ""),
        ("memcached", b"VERSION 1.6.18\r\n", "1.6.18"),
    ],
)
def test_one_that_serves_may_tell_its_version(kind: str, answer: bytes, version: str) -> None:
    with server(answer) as port:
        assert answer_of(service(kind, port), 5) == version


@pytest.mark.parametrize(
    ("kind", "answer", "why"),
    [
        ("postgres", error("57P03", "the database system is starting up"), "starting up"),
        ("postgres", error("53300", "sorry, too many clients already"), "too many"),
        ("redis", b"-LOADING Redis is loading the dataset in memory\r\n", "loading"),
        ("postgres", b"", "closed"),
        ("redis", b"", "closed"),
    ],
)
def test_one_that_starts_is_not_ready(kind: str, answer: bytes, why: str) -> None:
    with server(answer) as port, pytest.raises(NotReady, match=why):
        answer_of(service(kind, port), 5)


@pytest.mark.parametrize(
    ("kind", "answer", "why"),
    [
        ("postgres", error("28000", 'pg_hba.conf rejects connection for host "10.0.0.9"'), "rejects"),
        ("postgres", b"HTTP/1.1 400 Bad Request\r\n", "no PostgreSQL"),
        ("redis", b"HTTP/1.1 400 Bad Request\r\n", "HTTP"),
        ("memcached", b"ERROR\r\n", "no memcached"),
    ],
)
def test_one_that_refuses_is_not_waited_for(kind: str, answer: bytes, why: str) -> None:
    with server(answer) as port, pytest.raises(Refuses, match=why):
        answer_of(service(kind, port), 5)


def test_nobody_there_is_said_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for missing in (service("redis", port), service("postgres", 5432, host=str(tmp_path))):
        with pytest.raises(NotReady, match="nothing listens there"):
            answer_of(missing, 1)


def test_a_service_that_comes_up_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    import time

    with server(error("57P03", "the database system is starting up"), WELCOME) as port:
        assert awaited(service("postgres", port, wait=5), time.monotonic() + 5) == ""
    assert "waiting for the service db (postgres at 127.0.0.1" in capsys.readouterr().out


def test_one_that_does_not_is_named_with_its_limit() -> None:
    import time

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    said = awaited(service("redis", port, wait=0), time.monotonic())
    assert said == f"the service db (redis at 127.0.0.1:{port}) did not answer within 0 s: nothing listens there"
