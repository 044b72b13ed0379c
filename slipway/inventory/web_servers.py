"""Names the web servers that the inventory may choose by `app.server`, and what each of them can serve."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

GUNICORN = "gunicorn"


class WebServer(NamedTuple):
    """One server.

    Attributes:
        package: the distribution that brings it.
        interfaces: what it serves, the one that it was made for first.
        workers: whether it has several worker processes.
        reads_scheme: whether it tells the app the scheme that X-Forwarded-Proto names.
    """

    package: str
    interfaces: tuple[str, ...]
    workers: bool = True
    reads_scheme: bool = True


SERVERS: Mapping[str, WebServer] = MappingProxyType(
    {
        GUNICORN: WebServer("gunicorn", ("wsgi", "asgi")),
        "uvicorn": WebServer("uvicorn", ("asgi",)),
        "hypercorn": WebServer("hypercorn", ("asgi", "wsgi"), reads_scheme=False),
        "granian": WebServer("granian", ("wsgi", "asgi"), reads_scheme=False),
        "waitress": WebServer("waitress", ("wsgi",), workers=False),
        # uWSGI as wheels: its own distribution has to be compiled.
        "uwsgi": WebServer("pyuwsgi", ("wsgi",), reads_scheme=False),
        "daphne": WebServer("daphne", ("asgi",), workers=False),
    }
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def name_in(requirement: str) -> str:
    """The server that a requirement such as `uvicorn[standard]==0.30` names; "" if it names none that is known."""
    match = _NAME.match(requirement)
    name = match[0].rstrip("._-").lower() if match else ""
    return {"pyuwsgi": "uwsgi"}.get(name, name) if {"pyuwsgi": "uwsgi"}.get(name, name) in SERVERS else ""


def missing_packages(requirement: str, names: frozenset[str], asgi: bool) -> tuple[str, ...]:
    """What to install beside the app's dependencies; a version that the inventory names wins over theirs.

    Args:
        requirement: of the server, as the inventory has it. names: what the dependencies name.
        asgi: whether it is to serve an ASGI app.
    """
    name = name_in(requirement)
    package = SERVERS[name].package
    there = {name, package} & names and requirement.lower() == name
    server = () if there else (package + requirement[_end_of_name(requirement) :],)
    worker = ("uvicorn-worker",) if name == GUNICORN and asgi and "uvicorn-worker" not in names else ()
    return (*server, *worker)


def _end_of_name(requirement: str) -> int:
    match = _NAME.match(requirement)
    return match.end() if match else 0
