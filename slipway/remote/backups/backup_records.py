"""Remember each backup in a record of its own, in a folder that belongs to the account that deploys.

A record is {id, made (epoch), who, why, release, snapshot, size, sha256, seconds, manifest}, and once it was restored
into a scratch database `proved` (epoch), or `not_proved`: why not; `sent`: {destination: epoch}, `not_sent`:
{destination: why not}.
"""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import contextmanager

from slipway.remote.backups.restic_repository import write_private
from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

BACKUP_ID = re.compile(r"\d{8}-\d{6}")
FAILURE = "last-failure.json"  # in the folder: {when, why}, until a backup is made
WAIT = 600  # seconds that one of us waits for another


def backups_folder(base: str) -> str:
    """Return the folder of the app's backups, which only we can enter; it is made where it is not there."""
    folder = os.path.join(base, "backups")
    if not os.path.isdir(base):
        raise Failed("the host is not provisioned for the app: run `fab provision` first")
    for path in (folder, os.path.join(folder, "records")):
        if not os.path.isdir(path):
            os.mkdir(path, 0o700)
        os.chmod(path, 0o700)
    return folder


@contextmanager
def alone(folder: str) -> Iterator[None]:
    """Wait until nobody else works on the app's backups."""
    import fcntl

    lock = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + WAIT
    try:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Failed(f"another backup or restore has been running for {WAIT} s") from None
                time.sleep(0.2)
        yield
    finally:
        os.close(lock)


def new_id(folder: str) -> str:
    """Return a name for a backup of this second: nobody else makes one meanwhile."""
    while True:
        name = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        if not os.path.exists(record_path(folder, name)):
            return name
        time.sleep(0.2)


def record_path(folder: str, id: str) -> str:
    return os.path.join(folder, "records", f"{id}.json")


def write_backup_record(folder: str, record: dict[str, Any]) -> None:
    write_private(record_path(folder, record["id"]), json.dumps(record, sort_keys=True) + "\n")


def read_backup_record(folder: str, id: str) -> dict[str, Any]:
    """Return the record of a backup.

    Raises:
        Failed: there is none.
    """
    try:
        with open(record_path(folder, id if BACKUP_ID.fullmatch(id) else "x"), encoding="utf-8") as file:
            return dict(json.load(file))
    except OSError:
        raise Failed(f"there is no backup {id} here: `fab db.backups` lists them") from None
    except ValueError:
        raise Failed(f"the record of the backup {id} is damaged") from None


def backup_records(folder: str) -> list[dict[str, Any]]:
    """Return all records, the oldest first; a damaged one is left out."""
    found = []
    try:
        names = sorted(os.listdir(os.path.join(folder, "records")))
    except OSError:
        return []
    for name in names:
        if BACKUP_ID.fullmatch(name[:-5]) and name.endswith(".json"):
            try:
                found.append(read_backup_record(folder, name[:-5]))
            except Failed:
                continue
    return found


def told(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record as it is told: how many tables and rows a database has, and not which."""
    manifest = record["manifest"]
    databases = [
        {"name": one["name"], "kind": one["kind"], "tables": len(one["tables"]), "rows": sum(one["tables"].values())}
        for one in manifest["databases"]
    ]
    about = {key: value for key, value in record.items() if key not in ("manifest", "sha256", "snapshot")}
    return {**about, "databases": databases, "files": manifest["files"], "bytes": manifest["bytes"]}
