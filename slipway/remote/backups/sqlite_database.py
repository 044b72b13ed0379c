"""Copy, examine and replace a database of SQLite, by its own backup interface: never by copying the file."""

from __future__ import annotations

import hashlib
import os
import time

from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from typing import Any

BUSY = 120  # seconds in which the database must be free for a moment
COMPANIONS = ("-wal", "-shm", "-journal")


def open_sqlite(path: str, mode: str) -> sqlite3.Connection:
    """Open a file of SQLite that is there; `mode` as in its URIs."""
    import sqlite3
    from urllib.parse import quote

    return sqlite3.connect(f"file:{quote(path)}?mode={mode}", uri=True, timeout=30)


def gives_up(path: str) -> Callable[[int, int, int], None]:
    """Return what stops a copy that gets no further for BUSY seconds, since the app holds the database."""
    state = {"left": -1, "since": time.monotonic()}

    def progress(_: int, left: int, total: int) -> None:
        if left != state["left"]:
            state.update(left=left, since=time.monotonic())
        elif time.monotonic() - state["since"] > BUSY:
            raise Failed(f"{path} was locked for {BUSY} s: a process of the app holds it")

    return progress


def copy_sqlite(path: str, target: str) -> None:
    """Write the state of one moment to a new file, whatever the app does meanwhile.

    Raises:
        Failed: it cannot be read; the text says why.
    """
    import sqlite3

    if not os.path.exists(path):
        raise Failed(f"the database {path} is not there")
    try:
        source, copy = open_sqlite(path, "rw"), sqlite3.connect(target)
        try:
            copy.execute("pragma synchronous = off")
            source.backup(copy, progress=gives_up(path))
        finally:
            source.close()
            copy.close()
    except sqlite3.Error as error:
        raise Failed(f"the database {path} cannot be copied: {error}") from None


def sqlite_facts(path: str) -> dict[str, Any]:
    """Return what can be compared of a private copy: {tables: {name: rows}, schema: a checksum}.

    Raises:
        Failed: it is damaged.
    """
    import sqlite3

    try:
        database = open_sqlite(path, "ro&immutable=1")
        try:
            (told,) = database.execute("pragma integrity_check(1)").fetchone()
            if told != "ok":
                raise Failed(f"the database is damaged: {' '.join(str(told).split())[:300]}")
            schema = database.execute(
                "select type, name, tbl_name, sql from sqlite_master where name not like 'sqlite_%' order by 1, 2, 3"
            ).fetchall()
            tables = {
                str(name): rows_of(database, str(name))
                for kind, name, _, sql in schema
                if kind == "table" and not str(sql).lower().startswith("create virtual")
            }
        finally:
            database.close()
    except sqlite3.Error as error:
        raise Failed(f"the database is damaged: {error}") from None
    return {"tables": tables, "schema": hashlib.sha256(repr(schema).encode()).hexdigest()}


def rows_of(database: sqlite3.Connection, name: str) -> int:
    quoted = name.replace('"', '""')  # a name cannot be a parameter
    (rows,) = database.execute(f'select count(*) from "{quoted}"').fetchone()  # noqa: S608
    return int(rows)


def replace_sqlite(copy: str, path: str) -> str:
    """Give a live database the content of a copy, in one transaction of its own; those that have it open see it.

    Returns:
        Where the file lies that was there, if it was too damaged for that; "" otherwise.
    """
    import sqlite3

    try:
        source, live = open_sqlite(copy, "ro&immutable=1"), open_sqlite(path, "rwc")
        try:
            source.backup(live, progress=gives_up(path))
        finally:
            source.close()
            live.close()
    except sqlite3.OperationalError as error:
        raise Failed(f"the database {path} could not be written, and is as it was: {error}") from None
    except sqlite3.DatabaseError:
        return replace_damaged(copy, path)
    return ""


def replace_damaged(copy: str, path: str) -> str:
    """Put a copy in the place of a file that SQLite does not take for a database, and keep that file."""
    import shutil

    aside = f"{path}.damaged-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
    mode = os.stat(path).st_mode & 0o777
    new = f"{path}.restored"
    shutil.copyfile(copy, new)
    os.chmod(new, mode)
    for end in COMPANIONS:
        if os.path.lexists(path + end):
            os.rename(path + end, aside + end)
    os.link(path, aside)
    os.replace(new, path)
    return aside
