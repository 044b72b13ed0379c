"""Find the databases of an app, in its current release and as its own account: its environment says, or its settings.

A database is {name, kind (`sqlite` or `postgresql`)} and `path`, or `values`: the variables of libpq for it.
"""

from __future__ import annotations

import json
import os
import sys

from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SQLITE_HEADER = b"SQLite format 3\0"
KNOWN_KINDS = "only PostgreSQL and SQLite are known"
SQLITE_SCHEMES = ("sqlite", "sqlite3", "spatialite")
MOST_FILES = 200_000  # that are looked at, where nothing says which are databases
DJANGO_LIMIT = 1 << 20  # bytes
# Prints by a pipe of its own what the settings say: an app may print anything.
ASK_DJANGO = """
import json, os, sys
from django.conf import settings
told = json.dumps({alias: dict(one) for alias, one in settings.DATABASES.items()}, default=str)
os.write(int(sys.argv[1]), told.encode())"""
LIBPQ = (
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("dbname", "PGDATABASE"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("passfile", "PGPASSFILE"),
    ("service", "PGSERVICE"),
    ("options", "PGOPTIONS"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("gssencmode", "PGGSSENCMODE"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
)


def find_databases(variable: str, shared: str) -> list[dict[str, Any]]:
    """Return the app's databases: what a variable says, what Django's settings say, or the SQLite files in shared/.

    Raises:
        Failed: it is of a kind that we do not know, or the settings cannot be read.
    """
    url = os.environ.get(variable, "")
    if url:
        return [one for one in [from_url(variable, url)] if one]
    if os.environ.get("DJANGO_SETTINGS_MODULE"):
        return from_django(django_settings())
    return [{"name": name, "kind": "sqlite", "path": os.path.join(shared, name)} for name in sqlite_files(shared)]


def from_url(variable: str, url: str) -> dict[str, Any] | None:
    """Read a URL as most libraries do; None for a database in memory."""
    from urllib.parse import parse_qsl, unquote, urlsplit

    try:
        parts = urlsplit(url)
        scheme = parts.scheme.partition("+")[0]
        port = None if scheme in SQLITE_SCHEMES else parts.port
    except ValueError:
        raise Failed(f"{variable} cannot be read as a URL: does its password need %-encoding?") from None
    if scheme in SQLITE_SCHEMES:
        path = unquote(parts.path)[1:] if not parts.netloc else unquote(parts.netloc + parts.path)
        if path in ("", ":memory:") or parts.netloc == ":memory:":
            return None
        return {"name": "default", "kind": "sqlite", "path": os.path.realpath(path)}
    if scheme not in ("postgres", "postgresql", "postgis", "pgsql", "psql"):
        raise Failed(f"{variable} names a database of the kind {scheme or 'none'}: {KNOWN_KINDS}")
    words = dict(parse_qsl(parts.query))
    place = parts.netloc.rpartition("@")[2]
    host = unquote(place) if "%" in place else parts.hostname or ""
    words = {**{key: words[key] for key, _ in LIBPQ if key in words}}
    for key, value in (("host", host), ("port", port), ("dbname", unquote(parts.path[1:]))):
        if value:
            words[key] = str(value)
    for key, given in (("user", parts.username), ("password", parts.password)):
        if given:
            words[key] = unquote(given)
    return postgresql("default", words)


def postgresql(name: str, words: dict[str, Any]) -> dict[str, Any]:
    """Return a database of PostgreSQL from libpq's own names."""
    values = {variable: str(words[key]) for key, variable in LIBPQ if words.get(key) not in (None, "")}
    return {"name": name, "kind": "postgresql", "values": values}


def django_settings() -> dict[str, Any]:
    """Return DATABASES of the settings, as the app itself reads them."""
    import subprocess

    here, there = os.pipe()
    words = ["python", "-c", ASK_DJANGO, str(there)]
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=sys.stderr, pass_fds=(there,))
    os.close(there)
    with os.fdopen(here, "rb") as answer:
        told = answer.read(DJANGO_LIMIT)
    if child.wait():
        raise Failed("Django's settings cannot be read, which say where the database is: the last lines say why")
    try:
        found = json.loads(told)
    except ValueError:
        raise Failed("Django's settings have DATABASES that cannot be read") from None
    return {str(alias): one for alias, one in dict(found).items() if isinstance(one, dict)}


def from_django(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the databases of the settings, each once."""
    found: list[dict[str, Any]] = []
    for alias, one in settings.items():
        engine = str(one.get("ENGINE") or "").rpartition(".")[2]
        if engine in ("sqlite3", "spatialite"):
            path = str(one.get("NAME") or "")
            if path in ("", ":memory:") or path.startswith("file:"):
                continue
            database: dict[str, Any] = {"name": alias, "kind": "sqlite", "path": os.path.realpath(path)}
        elif engine.startswith(("postgresql", "postgis", "psycopg")) or "postgres" in str(one.get("ENGINE")):
            options = one.get("OPTIONS") if isinstance(one.get("OPTIONS"), dict) else {}
            names = (("dbname", "NAME"), ("user", "USER"), ("password", "PASSWORD"), ("host", "HOST"), ("port", "PORT"))
            database = postgresql(alias, {**(options or {}), **{key: one.get(name) for key, name in names}})
        elif engine in ("", "dummy"):
            continue
        else:
            raise Failed(f"the database '{alias}' is of the kind {engine}: {KNOWN_KINDS}")
        if not any({**database, "name": ""} == {**other, "name": ""} for other in found):
            found.append(database)
    return found


def sqlite_files(shared: str) -> list[str]:
    """Return the paths of SQLite's files below shared/; links are not followed."""
    found: list[str] = []
    looked = 0
    for folder, folders, names in os.walk(shared):
        folders.sort()
        for name in sorted(names):
            looked += 1
            if looked > MOST_FILES:
                return found
            path = os.path.join(folder, name)
            if is_sqlite(path):
                found.append(os.path.relpath(path, shared))
    return found


def is_sqlite(path: str) -> bool:
    """Say whether a regular file begins as a file of SQLite does."""
    import stat

    try:
        # What is a file now may be a pipe in a moment, at which an ordinary open() waits for ever.
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            about = os.fstat(file.fileno())
            return stat.S_ISREG(about.st_mode) and about.st_size >= 512 and file.read(16) == SQLITE_HEADER
    except OSError:
        return False
