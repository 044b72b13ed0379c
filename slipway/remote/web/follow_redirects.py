"""Follow the app's redirects on its own host, as a visitor's browser does, and find those that lead nowhere."""

from __future__ import annotations

import re
import time

from slipway.remote.web.send_health_check import Answer, Question, ask

HOPS = 5  # redirects that are followed; browsers give up after 20


def follow(question: Question, timeout: float) -> Answer:
    """Ask once, and go where redirects on the same host lead, as a visitor's browser does.

    Returns:
        The last answer, with the seconds of all of them.

    Raises:
        OSError: as `ask` does.
    """
    began, asked, seen = time.monotonic(), question, []
    while True:
        answer = ask(asked, began + timeout - time.monotonic())
        answer.asked, answer.seconds = asked, time.monotonic() - began
        seen.append((asked.path, asked.cookies))
        target = redirect(asked, answer)
        if target is None:
            return answer
        scheme, path = target
        if scheme == "https" and not question.https:
            answer.problem = "" if question.https_redirect else to_https(question, path)
            return answer
        asked = asked.moved(path, cookies_set(answer))
        if (asked.path, asked.cookies) in seen or len(seen) > HOPS:
            way = " -> ".join([*(path for path, _ in seen), asked.path])
            endless = "in a circle" if (asked.path, asked.cookies) in seen else f"more than {HOPS} times"
            answer.problem = (
                f"{question} is redirected {endless}: {way}. No visitor sees a page.\n"
                "Look at what redirects there: middleware of the app, or a setting for its scheme or its host name."
            )
            return answer


def redirect(asked: Question, answer: Answer) -> tuple[str, str] | None:
    """Return the scheme and path to which an answer redirects on the same host; None if it does not."""
    where = re.search(r"(?i)\nlocation: *([^\r\n]*)", answer.head)
    if answer.status not in (301, 302, 303, 307, 308) or not where:
        return None
    from urllib.parse import urljoin, urlsplit

    own = urlsplit(f"{'https' if asked.https else 'http'}://{asked.host}{asked.path}")
    try:
        target = urlsplit(urljoin(own.geturl(), where[1].strip()))
        port = target.port
    except ValueError:
        return None
    usual = {None, own.port, 443 if target.scheme == "https" else 80}
    usual |= set() if isinstance(asked.address, str) or target.scheme == "https" else {asked.address[1]}
    if target.scheme not in ("http", "https") or target.hostname != own.hostname or port not in usual:
        return None
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    return target.scheme, re.sub(r"[^!-~]", "", path)


def to_https(question: Question, path: str) -> str:
    """Say what is wrong with a redirect to https where the inventory knows of none."""
    return (
        f"{question} is redirected to https://{question.host}{path}, but the inventory says https = false: "
        "the app sees http again, and redirects again, without an end.\n"
        "If TLS ends in front of this host, set https = true. If there is no TLS, switch the redirect off "
        '(Django: SECURE_SSL_REDIRECT = False). If your own nginx template ends TLS: allow = ["https-redirect"].'
    )


def cookies_set(answer: Answer) -> dict[str, str]:
    """Return the cookies that an answer sets."""
    found = re.findall(r"(?i)\nset-cookie: *([^=;\r\n]+)=([^;\r\n]*)", answer.head)
    return {name.strip(): value.strip() for name, value in found}
