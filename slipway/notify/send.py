"""Sends a message to each place that the inventory names; what cannot be sent is told, and stops nothing."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from slipway.inventory.notify import Notify
from slipway.notify.message import Message, body, in_words

TIMEOUT = 10.0  # seconds for each place
_NAME = re.compile(r"\$\{(\w+)\}")


class NotSent(Exception):
    """A message could not be sent; the text says why, without the address."""


def send(message: Message, places: Sequence[Notify], environ: Mapping[str, str] = os.environ) -> list[str]:
    """Send a message to all places that want such events, at the same time.

    Args:
        environ: where the names in addresses are looked up.

    Returns:
        What to tell of those that could not be reached; their addresses are not shown.
    """
    wanted = [place for place in dict.fromkeys(places) if message.event in place.on]
    if not wanted:
        return []
    with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        return [told for told in pool.map(lambda place: _trouble(message, place, environ), wanted) if told]


def _trouble(message: Message, place: Notify, environ: Mapping[str, str]) -> str:
    try:
        url = _address(place.url, environ)
        if place.kind == "email":
            _mail(message, place, url)
        else:
            _post(url, body(place.kind, message))
    except (NotSent, OSError, ValueError, smtplib.SMTPException) as error:
        return f"app.notify: the {place.kind} message could not be sent: {_why(error)}"
    return ""


def _address(url: str, environ: Mapping[str, str]) -> str:
    """An address with the values of its names. Raises NotSent: one is not set."""

    def value(match: re.Match[str]) -> str:
        if not environ.get(match[1]):
            raise NotSent(f"{match[1]} is not set in your environment")
        return environ[match[1]]

    return _NAME.sub(value, url)


def _post(url: str, data: bytes) -> None:
    if urlsplit(url).scheme not in ("http", "https"):
        raise NotSent("its address does not begin with https:// or http://")
    asked = urllib.request.Request(url, data, {"Content-Type": "application/json", "User-Agent": "slipway"})  # noqa: S310
    try:
        urllib.request.urlopen(asked, timeout=TIMEOUT).close()  # noqa: S310
    except urllib.error.HTTPError as error:
        raise NotSent(f"the answer was {error.code} {error.reason}") from None


def _mail(message: Message, place: Notify, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise NotSent("its address is no smtp://server:port")
    mail = EmailMessage()
    mail["Subject"], mail["From"] = message.title, place.sender or place.to[0]
    mail["To"] = ", ".join(place.to)
    mail.set_content(in_words(message))
    secure = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(parts.hostname, parts.port or 465, timeout=TIMEOUT, context=secure)
    else:
        server = smtplib.SMTP(parts.hostname, parts.port or 25, timeout=TIMEOUT)
    with server:
        if parts.username:
            if parts.scheme == "smtp":
                server.starttls(context=secure)  # a password never goes over an open line
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(mail)


def _why(error: Exception) -> str:
    if isinstance(error, urllib.error.URLError):
        error = error.reason if isinstance(error.reason, Exception) else NotSent(str(error.reason))
    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the server said {error.smtp_code}"
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
