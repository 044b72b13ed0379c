"""Defines [services.NAME]: the tables of the inventory that say what the app needs beside itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from slipway.env.dotenv import check_name as check_variable

from . import value_types as v
from .describe_problem import Place, check_name, convert
from .table import Table

Kind = Literal["postgres", "redis", "memcached"]
VARIABLES = MappingProxyType({"postgres": "DATABASE_URL", "redis": "REDIS_URL", "memcached": "MEMCACHED_URL"})
PARTS = MappingProxyType(
    {
        "postgres": ("url", "host", "port", "user", "password", "name", "sslmode", "sslrootcert"),
        "redis": ("url", "host", "port", "user", "password", "name"),
        "memcached": ("url", "host"),
    }
)
# Keys that only some kinds have.
ONLY = MappingProxyType(
    {
        "version": ("postgres",),
        "extensions": ("postgres",),
        "database": ("postgres", "redis"),
        "max_connections": ("postgres",),
        "memory": ("redis", "memcached"),
    }
)
OWN = ("host", *ONLY)  # what says nothing of an external service


class ServiceTable(Table, frozen=True):
    """[services.NAME]: a database or a cache that the app needs, made by `fab provision`, or an external one."""

    kind: Kind  # postgres, redis or memcached
    host: v.Name | None = None  # where it runs: a host, or a group or role of one host; None: the app's only host
    bind: Any = None  # the variable that gets its URL, or a table NAME = "part"; None: DATABASE_URL and so on
    url: Any = None  # an external service: its URL, { command = "..." } that prints it, or { env = "NAME" }
    version: v.PgVersion | None = None  # of PostgreSQL; None: the one that the system has
    extensions: tuple[v.PgExtension, ...] = ()  # of PostgreSQL, made in the app's database
    database: v.Name | None = None  # its name on the server; None: the app's name, or APP-NAME
    max_connections: v.Connections | None = None  # of the server; None: 100
    wait: v.Seconds = 30  # seconds that a deploy waits for it
    memory: v.Size | None = None  # how much it may hold; None: redis without a limit, memcached 64m


class ServiceCommand(Table, frozen=True):
    """url = { command = "..." } in a service: what the command prints is the URL."""

    command: v.Command
    timeout: v.Seconds = 60


class ServiceVariable(Table, frozen=True):
    """url = { env = "NAME" } in a service: the variable of the app's environment that has the URL."""

    env: v.EnvName


def service_tables(place: Place, raw: Mapping[str, Any]) -> Mapping[str, dict[str, Any]]:
    """Check each table where it stands, so that an error names its own key."""
    for name, table in raw.items():
        check_name(name, place / name)
        if not isinstance(table, dict):
            raise (place / name).error('expected a table such as { kind = "postgres" }')
        # A group may say only what differs there.
        convert({"kind": "postgres", **table}, ServiceTable, place / name)
        _check_url(place / name / "url", table.get("url"))
        check_bind(place / name / "bind", table.get("bind"), table.get("kind"))
    return raw


def check_bind(place: Place, bind: Any, kind: str | None) -> None:
    """Refuse what names no variable, or no part of what the service has."""
    if bind is None:
        return
    names = {bind: "url"} if isinstance(bind, str) else bind
    if not isinstance(names, dict) or not names:
        raise place.error('expected the name of a variable in quotes, or a table such as { DB_HOST = "host" }')
    for name, part in names.items():
        if problem := check_variable(name):
            raise place.error(f"{name!r} {problem}")
        if kind and part not in PARTS[kind]:
            raise (place / name).error(f"{part!r} is none of {', '.join(PARTS[kind])}")


def _check_url(place: Place, url: Any) -> None:
    if isinstance(url, dict):
        convert(url, ServiceVariable if "env" in url else ServiceCommand, place)
    elif url is not None and (not isinstance(url, str) or "://" not in url):
        raise place.error('expected a URL in quotes, { command = "..." } or { env = "NAME" }')
