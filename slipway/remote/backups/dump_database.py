"""Dump one database to standard output, as the app's account.

Options: base, shared, database: as for `backups.send_from_app`. name: of the database; "" for the first. plain: as SQL
text, instead of SQLite's file or PostgreSQL's custom format.
"""

from __future__ import annotations

import json
import os
import sys

from slipway.remote.backups.find_databases import find_databases
from slipway.remote.backups.postgresql_database import libpq, program_of_postgresql
from slipway.remote.backups.scratch_folder import need_space, scratch_folder
from slipway.remote.backups.sqlite_database import copy_sqlite, open_sqlite
from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def dump_database(options: dict[str, Any]) -> None:
    """Dump it."""
    database = chosen_database(options)
    if database["kind"] == "postgresql":
        kind = "plain" if options["plain"] else "custom"
        words = ["pg_dump", f"--format={kind}", "--no-owner", "--no-privileges"]
        os.execve(program_of_postgresql("pg_dump"), words, libpq(database["values"]))  # noqa: S606
    with scratch_folder(options["base"]) as folder:
        copy = os.path.join(folder, "copy")
        if os.path.exists(database["path"]):
            need_space(folder, os.path.getsize(database["path"]))
        copy_sqlite(database["path"], copy)
        if options["plain"]:
            live = open_sqlite(copy, "ro&immutable=1")
            for line in live.iterdump():
                sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            return
        with open(copy, "rb") as file:
            while data := file.read(1 << 18):
                sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def chosen_database(options: dict[str, Any]) -> dict[str, Any]:
    """Return the database that is wanted.

    Raises:
        Failed: there is none of that name.
    """
    found = find_databases(options["database"], options["shared"])
    for one in found:
        if options["name"] in ("", one["name"]):
            return one
    names = ", ".join(one["name"] for one in found)
    if not names:
        raise Failed("the app has no database that is known: neither its environment nor its settings name one")
    raise Failed(f"the app has no database {options['name']}, only {names}")


if __name__ == "__main__":
    try:
        dump_database(json.loads(sys.argv[1]))
    except Failed as failed:
        sys.exit(f"error: {failed}")
