"""Messages reach real servers on this machine, by webhook and e-mail; what cannot be sent says why, and not where."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from slipway.inventory.notify import Notify
from slipway.notify.message import Message
from slipway.notify.send import send

MESSAGE = Message(
    "failure", "shop", "deploy", ("web1",), "shop: deploy failed", "DB: postgres://shop:hunter2@db/shop", {"who": "ann"}
)


@contextmanager
def served(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]  # type: ignore[index, misc]
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def webhook(code: int = 200) -> Iterator[tuple[int, list[Any]]]:
    """A webhook, and what it has received."""
    received: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(code)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with served(HTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield port, received


@pytest.mark.parametrize(("kind", "key"), [("slack", "text"), ("discord", "content"), ("json", "title")])
def test_a_webhook_gets_the_message_in_its_own_shape_and_no_secret(kind: Any, key: str) -> None:
    with webhook() as (port, received):
        told = send(MESSAGE, [Notify(kind=kind, url=f"http://127.0.0.1:{port}/${{TOKEN}}")], {"TOKEN": "x"})
    assert told == []
    assert "shop: deploy failed" in received[0][key]
    assert "hunter2" not in json.dumps(received)


def test_json_has_a_version_and_every_detail() -> None:
    with webhook() as (port, received):
        send(MESSAGE, [Notify(kind="json", url=f"http://127.0.0.1:{port}/")])
    assert received == [
        {
            "version": 1,
            "event": "failure",
            "app": "shop",
            "operation": "deploy",
            "hosts": ["web1"],
            "title": "shop: deploy failed",
            "text": "DB: postgres://shop:***@db/shop",
            "who": "ann",
        }
    ]


def test_a_place_is_told_only_of_what_it_wants() -> None:
    with webhook() as (port, received):
        assert send(MESSAGE, [Notify(kind="json", url=f"http://127.0.0.1:{port}/", on=("success",))]) == []
    assert received == []


@pytest.mark.parametrize(
    ("url", "environ", "why"),
    [
        ("${WEBHOOK}", {}, "WEBHOOK is not set in your environment"),
        ("${WEBHOOK}", {"WEBHOOK": "file:///etc/passwd"}, "its address does not begin with https:// or http://"),
        ("http://127.0.0.1:1/secret", {}, "Connection refused"),
    ],
)
def test_what_cannot_be_sent_says_why_and_not_where_to(url: str, environ: dict[str, str], why: str) -> None:
    (told,) = send(MESSAGE, [Notify(kind="slack", url=url)], environ)
    assert told == f"app.notify: the slack message could not be sent: {why}"


def test_an_answer_that_is_an_error_is_told() -> None:
    with webhook(404) as (port, _):
        (told,) = send(MESSAGE, [Notify(kind="slack", url=f"http://127.0.0.1:{port}/")])
    assert told.endswith("the answer was 404 Not Found")


def test_an_e_mail_is_handed_to_the_server() -> None:
    mails: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            for line in self.rfile:
                if line.upper().startswith(b"DATA"):
                    self.wfile.write(b"354 go on\r\n")
                    mails.append("".join(iter(lambda: self.rfile.readline().decode(), ".\r\n")))
                self.wfile.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")

    with served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        place = Notify(kind="email", url=f"smtp://127.0.0.1:{port}", to=("team@example.org", "ops@example.org"))
        assert send(MESSAGE, [place]) == []
    assert "Subject: shop: deploy failed" in mails[0]
    assert "To: team@example.org, ops@example.org" in mails[0]
    assert "hunter2" not in mails[0]
