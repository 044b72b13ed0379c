"""Restore a backup into scratch databases, as the app's account, and report what they hold.

Standard input: the backup, a tar archive. Options: base, shared, database: as for `backups.send_from_app`; size: of the
archive in bytes.

Report: {databases: [{member, tables, schema} or {member, failed}]}.
"""

from __future__ import annotations

import os
import sys

from slipway.remote.backups.find_databases import find_databases
from slipway.remote.backups.read_archive import Archive, members
from slipway.remote.backups.scratch_folder import need_space, scratch_folder
from slipway.remote.backups.scratch_postgresql_database import proved_postgresql
from slipway.remote.backups.send_frames import answering
from slipway.remote.backups.sqlite_database import sqlite_facts
from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO


def prove_backup(options: dict[str, Any], out: BinaryIO) -> dict[str, Any]:
    """Restore and examine each database; returns the report."""
    found: list[dict[str, Any]] = []
    with scratch_folder(options["base"]) as folder:
        archive = Archive(sys.stdin.buffer, options["size"])
        for name, member, content in members(archive):
            if name.startswith("databases/") and content is not None:
                need_space(folder, 2 * member.size)
                copy = os.path.join(folder, "copy")
                with open(copy, "xb") as file:
                    while data := content.read(1 << 18):
                        file.write(data)
                found.append({"member": name, **examined(options, name, copy, folder)})
                os.unlink(copy)
        archive.drain()
    return {"databases": found}


def examined(options: dict[str, Any], name: str, copy: str, folder: str) -> dict[str, Any]:
    try:
        if name.endswith(".sqlite3"):
            return sqlite_facts(copy)
        databases = [one for one in find_databases(options["database"], options["shared"]) if "values" in one]
        scratch = os.path.join(folder, "scratch")
        os.mkdir(scratch, 0o700)
        try:
            return proved_postgresql(copy, databases[0] if databases else None, scratch)
        finally:
            import shutil

            shutil.rmtree(scratch, ignore_errors=True)
    except Failed as failed:
        return {"failed": str(failed)}


if __name__ == "__main__":
    answering(prove_backup)
