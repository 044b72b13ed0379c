"""Dump, examine and restore a database of PostgreSQL by its own programs, with the rights of the app's account there.

Passwords go to these programs by their environment; they run as the account whose passwords these are.
"""

from __future__ import annotations

import json
import os

from slipway.remote.backups.postgresql_sql import CLEAR, FACTS
from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PROGRAMS = "/usr/local/bin:/usr/bin:/bin"
CONNECT = "15"  # seconds
# Of a dump: what no account but the database's owner or a superuser may make, and what is there in every database.
NOT_RESTORED = (" SCHEMA - public ", " COMMENT - SCHEMA public ", " COMMENT - EXTENSION ")
SAID = 2000  # characters of what a program says


def program_of_postgresql(name: str) -> str:
    """Return the path of one of PostgreSQL's programs: the system's own, never one of the app's venv."""
    import shutil

    found = shutil.which(name, path=PROGRAMS)
    if not found:
        raise Failed(f'{name} is not installed here: put "postgresql-client" into app.packages, and provision')
    return found


def libpq(values: dict[str, str]) -> dict[str, str]:
    """Return the environment for PostgreSQL's programs: of the connection nothing but the given values."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "PGCONNECT_TIMEOUT": CONNECT, **values, "LC_ALL": "C.UTF-8"}


def succeed(words: list[str], values: dict[str, str], failed: str) -> bytes:
    """Run one of PostgreSQL's programs, and return what it prints.

    Raises:
        Failed: with what it says, after the words in `failed`.
    """
    import subprocess

    done = subprocess.run(words, env=libpq(values), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[:SAID]
        raise Failed(f"{failed}: {said}")
    return done.stdout


def psql(values: dict[str, str], *commands: str) -> bytes:
    """Run SQL, each command by itself, and return what it prints."""
    words = [program_of_postgresql("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    return succeed([*words, *(word for one in commands for word in ("-c", one))], values, "PostgreSQL refuses")


def postgresql_facts(values: dict[str, str]) -> dict[str, Any]:
    """Return {tables: {name: rows}, schema: a checksum} of a database."""
    return dict(json.loads(psql(values, FACTS)))


def dump_postgresql(values: dict[str, str], target: str) -> dict[str, Any]:
    """Write a dump in PostgreSQL's custom format; returns the facts of that very moment."""
    import subprocess

    words = [program_of_postgresql("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    dump = [program_of_postgresql("pg_dump"), "--format=custom", "--compress=0", "--no-owner", "--no-privileges"]
    session = subprocess.Popen(
        words, env=libpq(values), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert session.stdin and session.stdout and session.stderr
    try:
        session.stdin.write("begin isolation level repeatable read, read only;\nselect pg_export_snapshot();\n")
        session.stdin.flush()
        snapshot = session.stdout.readline().strip()
        if not snapshot:
            raise Failed(f"the database cannot be read: {' '.join(session.stderr.read().split())[:SAID]}")
        succeed([*dump, f"--snapshot={snapshot}", f"--file={target}"], values, "the database cannot be dumped")
        session.stdin.write(f"{FACTS}\n")
        session.stdin.close()
        told = session.stdout.read()
        if session.wait():
            raise Failed(f"the database cannot be examined: {' '.join(session.stderr.read().split())[:SAID]}")
    except BrokenPipeError:
        raise Failed(f"the database cannot be read: {' '.join(session.stderr.read().split())[:SAID]}") from None
    finally:
        if session.poll() is None:
            session.kill()
            session.wait()
    return dict(json.loads(told))


def replace_postgresql(dump: str, values: dict[str, str], folder: str) -> None:
    """Give a live database the content of a dump: what was there goes and what is in the dump comes, or nothing does.

    pg_restore writes the SQL, and psql runs it in one transaction. It takes nothing but SQL from it (`\\restrict`), so
    that a dump that somebody has made up runs no program here.
    """
    restore = program_of_postgresql("pg_restore")
    listed = succeed([restore, "--list", dump], {}, "the dump cannot be read").decode("utf-8", "replace")
    chosen, script, clear = (os.path.join(folder, name) for name in ("list", "restore.sql", "clear.sql"))
    with open(chosen, "w", encoding="utf-8") as file:
        file.writelines(
            f"{line}\n" for line in listed.splitlines() if not any(one in f"{line} " for one in NOT_RESTORED)
        )
    words = [restore, "--no-owner", "--no-privileges", f"--use-list={chosen}", f"--file={script}", dump]
    succeed(words, {}, "the dump cannot be read")
    with open(script, "rb") as begin:
        if not any(line.startswith(b"\\restrict ") for line in begin.read(4096).splitlines()):
            raise Failed("pg_restore is too old to restore safely: install the security updates of postgresql-client")
    with open(clear, "w", encoding="utf-8") as file:
        file.write(CLEAR)
    words = [program_of_postgresql("psql"), "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", clear, "-f", script]
    succeed(words, values, "the database could not be restored, and is as it was")
    psql(values, "analyze")
