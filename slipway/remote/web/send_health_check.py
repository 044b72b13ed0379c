"""Send a health check to a web process, over its unix socket or a port, and judge the answer."""

from __future__ import annotations

import os
import re
import socket
import time

from slipway.remote.host.refuse_foreign_socket import app_account

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST = 65536

ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'"), ("&#39;", "'"), ("&amp;", "&"))

PAGE_TITLE = re.compile(r"(?is)<title\b.*?</title>")
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: [^\r\n]*)?\r\n")


class Question:
    """What to ask, and what a good answer is.

    Attributes:
        address: path of a unix socket, or (host, port).
        health: the app's health URL; None asks "/", where any answer but 400 and 5xx is healthy.
        host: the Host header.
        https: whether to say that the visitor came by https (X-Forwarded-Proto).
        passing: the word that lets a request pass nginx in maintenance; "" for none.
        https_redirect: whether the app may send visitors to https although `https` is false.
        path: what is asked; after a redirect, no longer the health URL.
        cookies: what the app has set on the way, by name.
    """

    def __init__(
        self,
        address: str | tuple[str, int],
        health: str | None,
        host: str,
        https: bool,
        passing: str = "",
        https_redirect: bool = False,
    ) -> None:
        self.address = address
        self.health = health
        self.host = host
        self.https = https
        self.passing = passing
        self.https_redirect = https_redirect
        self.path = health or "/"
        self.cookies: dict[str, str] = {}

    def __str__(self) -> str:
        return f"GET {self.path} (Host: {self.host}{', by https' if self.https else ''})"

    def moved(self, path: str, cookies: dict[str, str]) -> Question:
        """Return the question that a redirect asks for: the same visitor, with the cookies that he got."""
        asked = Question(self.address, self.health, self.host, self.https, self.passing, self.https_redirect)
        asked.path, asked.cookies = path, {**self.cookies, **cookies}
        return asked


def question_of(options: dict[str, Any], address: str | tuple[str, int], word: str = "") -> Question:
    """Return what the options of a program ask for."""
    return Question(
        address,
        options.get("health"),
        options.get("host") or "localhost",
        bool(options.get("https")),
        word,
        bool(options.get("https_redirect")),
    )


def passing(folder: str | None) -> str:
    """Return the word with which the host itself passes nginx while the site is closed; "" while it is open."""
    try:
        return next(iter(os.listdir(folder)), "") if folder else ""
    except OSError:
        return ""


class Answer:
    """Status, headers as text, and the first bytes of the body.

    Attributes:
        asked: what was asked; after redirects, the last question.
        problem: why the redirects on the way lead nowhere; "" if they do not.
    """

    def __init__(self, status: int, head: str, body: str, seconds: float) -> None:
        self.status = status
        self.head = head
        self.body = body
        self.seconds = seconds
        self.asked: Question | None = None
        self.problem = ""


def ask(question: Question, timeout: float) -> Answer:
    """Ask once.

    Raises:
        OSError: refused, no such socket, not the app's, reset; as TimeoutError: no answer within `timeout` seconds.
    """
    began = time.monotonic()
    unix = isinstance(question.address, str)
    with socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as connection:
        connection.settimeout(max(timeout, 0.01))
        connection.connect(question.address)
        if isinstance(question.address, str):
            app_account(connection, question.address)
        connection.sendall(request(question))
        data = b""
        while len(data) < MOST:
            connection.settimeout(max(began + timeout - time.monotonic(), 0.01))
            try:
                more = connection.recv(MOST)
            except socket.timeout as error:
                raise TimeoutError(0, f"no answer within {timeout:.3g} s") from error
            if not more:
                break
            data += more
    return read(data, time.monotonic() - began)


def request(question: Question) -> bytes:
    """Write the request as nginx passes it on by default; HTTP/1.0 so that no answer comes in chunks."""
    lines = [
        f"GET {question.path} HTTP/1.0",
        f"Host: {question.host}",
        f"X-Forwarded-Proto: {'https' if question.https else 'http'}",
        "X-Forwarded-For: 127.0.0.1",
        "User-Agent: slipway",
        "Accept: */*",
        "Connection: close",
    ]
    if question.passing:
        lines.append(f"Slipway-Pass: {question.passing}")
    if question.cookies:
        lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in question.cookies.items()))
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def read(data: bytes, seconds: float) -> Answer:
    """Take an answer apart; strict, since what is no HTTP is no good answer."""
    match = STATUS.match(data)
    if not match:
        said = data[:60].decode("latin-1")
        raise ConnectionError(0, f"no HTTP answer but {said!r}" if said else "closed without an answer")
    head, _, body = data.partition(b"\r\n\r\n")
    return Answer(int(match[1]), head.decode("latin-1"), body.decode("utf-8", "replace"), seconds)


def words(body: str, most: int = 300) -> str:
    """Return the text of a page without its markup, on one line; without its title where that is said again."""
    title = PAGE_TITLE.search(body)
    text = page_text(body)
    if title and page_text(title[0]) in page_text(body.replace(title[0], " ", 1)):
        text = page_text(body.replace(title[0], " ", 1))
    return text if len(text) <= most else text[:most].rstrip() + "..."


def page_text(body: str) -> str:
    """Return the text between tags, on one line."""
    text = re.sub(r"(?is)<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]*>", " ", body)
    for name, sign in ENTITIES:
        text = text.replace(name, sign)
    return re.sub(r"\s+", " ", text).strip()


def complaint(question: Question, answer: Answer) -> str:
    """Return why an answer is not good and what to do, or "" if it is good."""
    status, asked = answer.status, answer.asked or question
    if answer.problem:
        return answer.problem
    if status == 400:
        return (
            f"{asked} was answered 400: the app does not accept this Host header.\n"
            f"Allow {question.host!r} in the app (Django: ALLOWED_HOSTS). If visitors type another name, "
            "set app.domains to that name."
        )
    if status < 500 and (question.health is None or 200 <= status < 300):
        return ""
    what = f"{asked} was answered {status}"
    if asked.path != question.path:
        what = f"{question} leads to {asked.path}, which was answered {status}"
    text = words(answer.body)
    if 300 <= status < 400:
        where = re.search(r"(?i)\nlocation: *([^\r\n]*)", answer.head)
        return (
            f"{what}, a redirect{f' to {where[1]}' if where else ''}; a health check needs 2xx.\n"
            "Name a health path that answers by itself. If the app redirects to https, say in the inventory "
            "that it is served by https, or exempt the path (Django: SECURE_REDIRECT_EXEMPT)."
        )
    hint = "" if question.health is None or status >= 500 else "\nIs this the app's health path?"
    return f"{what}{f': {text}' if text else ''}{hint}"
