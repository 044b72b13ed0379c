"""Restore a backup, as the app's account: databases first, each in one transaction of its own, then files.

Standard input: the backup, a tar archive, and then the line `go` if it came as it was stored; nothing is changed before
that, and from then on the work goes on to its end, whatever becomes of who has started it.

Options: base, shared, database, files, exclude: as for `backups.send_from_app`. size: of the archive in bytes.

Report: {databases: [{name, tables}], files (written), removed, damaged (files of databases that were put aside)}.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from slipway.remote.backups.find_databases import find_databases
from slipway.remote.backups.postgresql_database import postgresql_facts, replace_postgresql
from slipway.remote.backups.read_archive import Archive, members
from slipway.remote.backups.replace_files import replace_files
from slipway.remote.backups.scratch_folder import need_space, scratch_folder
from slipway.remote.backups.send_frames import answering
from slipway.remote.backups.sqlite_database import replace_sqlite, sqlite_facts
from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

UNCHANGED = "nothing was changed"


def restore_backup(options: dict[str, Any], out: BinaryIO) -> dict[str, Any]:
    """Receive everything, then restore it; returns the report."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with scratch_folder(options["base"]) as folder:
        need_space(folder, options["size"])
        archive = Archive(sys.stdin.buffer, options["size"])
        manifest = unpack(archive, folder)
        archive.drain()
        targets = matched(manifest, find_databases(options["database"], options["shared"]), options)
        for told, _ in targets:
            check(told, os.path.join(folder, told["member"]))
        if sys.stdin.buffer.readline() != b"go\n":
            raise Failed(f"the backup did not come as it was stored: {UNCHANGED}")
        report: dict[str, Any] = {"databases": [], "damaged": []}
        for told, live in targets:
            aside = replace(told, live, os.path.join(folder, told["member"]), folder)
            report["damaged"] += [aside] if aside else []
            report["databases"].append({"name": told["name"], "tables": len(told["tables"])})
        databases = [live for _, live in targets]
        written, removed = replace_files(os.path.join(folder, "files"), options, manifest["roots"], databases)
        return {**report, "files": written, "removed": removed}


def unpack(archive: Archive, folder: str) -> dict[str, Any]:
    """Write the members to a folder of ours; returns the manifest."""
    manifest: dict[str, Any] = {}
    os.mkdir(os.path.join(folder, "files"))
    for name, member, content in members(archive):
        parts = name.split("/")
        if any(part in ("", ".", "..") for part in parts):
            raise Failed(f"the backup has a strange path, {name!r}: {UNCHANGED}")
        path = os.path.join(folder, *parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if content is None:
            os.makedirs(path, exist_ok=True)
        elif name == "manifest.json":
            manifest = json.loads(content.read())
        else:
            with open(path, "xb") as file:
                while data := content.read(1 << 18):
                    file.write(data)
        if name != "manifest.json":
            os.chmod(path, member.mode & 0o777 | 0o600 if content is not None else member.mode & 0o777 | 0o700)
            os.utime(path, (member.mtime, member.mtime))
    if not manifest:
        raise Failed(f"the backup has no manifest: {UNCHANGED}")
    return manifest


def matched(
    manifest: dict[str, Any], live: list[dict[str, Any]], options: dict[str, Any]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return each database of the backup, and where it goes: to the one of the same name and kind."""
    found = []
    for told in manifest["databases"]:
        same = [one for one in live if (one["name"], one["kind"]) == (told["name"], told["kind"])]
        if not same and told["kind"] == "sqlite" and told["path"] and not live:
            same = [{**told, "path": os.path.join(options["shared"], told["path"])}]
        if not same:
            kinds = ", ".join(f"{one['name']} ({one['kind']})" for one in live) or "none"
            mine = f"{told['name']} ({told['kind']})"
            raise Failed(f"the backup has the database {mine}, and the app here has {kinds}: {UNCHANGED}")
        found.append((told, same[0]))
    return found


def check(told: dict[str, Any], copy: str) -> None:
    """See that a database came whole, as far as that can be seen before it is restored."""
    if told["kind"] == "sqlite":
        facts = sqlite_facts(copy)
        if (facts["tables"], facts["schema"]) != (told["tables"], told["schema"]):
            raise Failed(f"the database {told['name']} is not what the backup says: {UNCHANGED}")


def replace(told: dict[str, Any], live: dict[str, Any], copy: str, folder: str) -> str:
    """Restore one database, and look at the result; returns the path of a damaged file that was put aside, or ""."""
    if told["kind"] == "sqlite":
        return replace_sqlite(copy, live["path"])
    work = os.path.join(folder, "work")
    os.mkdir(work)
    replace_postgresql(copy, live["values"], work)
    facts = postgresql_facts(live["values"])
    lacking = [name for name, rows in told["tables"].items() if facts["tables"].get(name, -1) < rows]
    if lacking:
        raise Failed(f"the database {told['name']} was restored, and lacks rows in {', '.join(sorted(lacking)[:5])}")
    import shutil

    shutil.rmtree(work)
    return ""


if __name__ == "__main__":
    answering(restore_backup)
