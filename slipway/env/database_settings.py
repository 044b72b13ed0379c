"""Finds which variables of an environment name a database or another server, to show them without a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from msgspec import Struct

from slipway.env.dotenv import MASK
from slipway.env.sources import Wanted

_SCHEME = re.compile(r"(?:postgres|postgis|pgsql|mysql|mariadb|redis|valkey|amqp|mongodb|mssql|oracle)[\w+.-]*\Z")
_HOST = re.compile(r"(?:^|_)(?:HOST|HOSTNAME|SERVER|ADDRESS)(?:$|_)")


class DatabaseSetting(Struct, frozen=True):
    """A variable that names a server.

    Attributes:
        name: of the variable. origin: where its value comes from, in a few words.
        host: the server. shown: the URL without password and options; "" if the value is no URL.
    """

    name: str
    origin: str
    host: str
    shown: str = ""


def database_settings(wanted: Wanted) -> list[DatabaseSetting]:
    """The variables of a host that name servers; what they hold besides is not told."""
    return list(_settings(wanted))


def _settings(wanted: Wanted) -> Iterator[DatabaseSetting]:
    for name, value in sorted(wanted.values.items()):
        text, origin = value.reveal().strip(), wanted.origins.get(name, "")
        try:
            url = urlsplit(text)
            host, port = url.hostname or "", url.port
        except ValueError:
            continue
        if "://" in text and _SCHEME.match(url.scheme):
            # A name without a password may be a token.
            login = (
                f"{url.username}:{MASK}@" if url.username and url.password else f"{MASK}@" if "@" in url.netloc else ""
            )
            place = f"[{host}]" if ":" in host else host
            shown = f"{url.scheme}://{login}{place}{f':{port}' if port else ''}{url.path}"
            yield DatabaseSetting(name, origin, host, shown)
        elif text and _HOST.search(name) and not re.search(r"[\s/@]", text):
            yield DatabaseSetting(name, origin, text.partition(":")[0])


def told(settings: list[DatabaseSetting], text: str) -> str:
    """Which of them the app has read that could not use a server, in a sentence; "" where none fits.

    Args:
        text: what the app printed: a host that it names decides; without one, all URLs may be meant.
    """
    named = [one for one in settings if one.host and re.search(rf"(?<![\w.-]){re.escape(one.host)}(?![\w-])", text)]
    found = named or [one for one in settings if one.shown]
    each = (f"{one.name}{f' = {one.shown}' if one.shown else ''} ({one.origin or 'kept on the host'})" for one in found)
    return f"It is set by {', '.join(each)}." if found else ""
