"""Send the app's databases and files, as the app's account, by frames on standard output.

Options:
    base, shared: the app's folder, and what outlives releases in it. database: the variable that names the database.
    files: paths below shared/, or null for all. exclude: paths below shared/ that are left out.
    only: the name of one database, and no files; null for everything.

Report: {databases: [{name, kind, member (its file), path (below shared/) or null, tables, schema}], files, bytes,
    roots (paths below shared/ that are in it, or null for all), skipped (what could not be read)}.
"""

from __future__ import annotations

import os
import re
import stat

from slipway.remote.backups.find_databases import find_databases
from slipway.remote.backups.postgresql_database import dump_postgresql
from slipway.remote.backups.scratch_folder import need_space, scratch_folder
from slipway.remote.backups.send_frames import answering, send_file, send_header
from slipway.remote.backups.sqlite_database import copy_sqlite, sqlite_facts
from slipway.remote.backups.which_shared_files import kept_paths, left_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

MOST_SKIPPED = 20


def send_backup(options: dict[str, Any], out: BinaryIO) -> dict[str, Any]:
    """Send everything; returns the report."""
    databases = find_databases(options["database"], options["shared"])
    report: dict[str, Any] = {"databases": [], "files": 0, "bytes": 0, "roots": options["files"], "skipped": []}
    with scratch_folder(options["base"]) as folder:
        for number, one in enumerate(databases):
            word = re.sub(r"[^A-Za-z0-9.-]+", "-", one["name"])[-60:]
            member = f"databases/{number}-{word}.{'sqlite3' if one['kind'] == 'sqlite' else 'dump'}"
            report["databases"].append({**send_database(options, out, one, folder, member), "member": member})
    for path, about in kept_paths(options["shared"], options["files"], left_out(options, databases)):
        send_kept(options, out, path, about, report)
    return report


def send_database(
    options: dict[str, Any], out: BinaryIO, database: dict[str, Any], folder: str, member: str
) -> dict[str, Any]:
    """Send a copy of one database; returns what is to be known of it."""
    copy = os.path.join(folder, "copy")
    path = None
    if database["kind"] == "sqlite":
        if os.path.exists(database["path"]):
            need_space(folder, os.path.getsize(database["path"]))
        copy_sqlite(database["path"], copy)
        facts = sqlite_facts(copy)
        shared = os.path.realpath(options["shared"])
        if os.path.realpath(database["path"]).startswith(f"{shared}/"):
            path = os.path.relpath(os.path.realpath(database["path"]), shared)
    else:
        facts = dump_postgresql(database["values"], copy)
    send_file(out, member, copy, os.stat(copy))
    os.unlink(copy)
    return {"name": database["name"], "kind": database["kind"], "path": path, **facts}


def send_kept(options: dict[str, Any], out: BinaryIO, path: str, about: os.stat_result, report: dict[str, Any]) -> None:
    """Send a file or a folder of shared/."""
    name = f"files/{path}"
    if len(os.fsencode(name)) > 4000 or any(ord(char) < 32 or ord(char) == 127 for char in name):
        skip(report, path)
    elif stat.S_ISDIR(about.st_mode):
        send_header(out, "folder", name, about, 0)
    else:
        try:
            whole = send_file(out, name, os.path.join(options["shared"], path), about)
        except OSError:
            skip(report, path)
            return
        if not whole:
            skip(report, path)
        report["files"] += 1
        report["bytes"] += about.st_size


def skip(report: dict[str, Any], path: str) -> None:
    if len(report["skipped"]) < MOST_SKIPPED:
        report["skipped"].append(path)


if __name__ == "__main__":
    answering(send_backup)
