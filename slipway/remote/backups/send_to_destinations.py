"""Send a proved backup to further repositories: an S3-compatible store, another host over SSH, another disk."""

from __future__ import annotations

import os
import time
from contextlib import suppress

from slipway.remote.backups.backup_records import write_backup_record
from slipway.remote.backups.read_stored_backup import pour
from slipway.remote.backups.restic_repository import ARCHIVE, Repository
from slipway.remote.host.program_io import Failed, note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def send_to_destinations(options: dict[str, Any], folder: str, repository: Repository, record: dict[str, Any]) -> None:
    """Send it everywhere; one that cannot be reached is told, and keeps nothing from the others."""
    for name in options["destinations"]:
        try:
            send_to(options, repository, Repository(folder, name), record)
            record.setdefault("sent", {})[name] = time.time()
        except Failed as failed:
            record.setdefault("not_sent", {})[name] = str(failed)
            note("backup-not-sent", f"the backup {record['id']} is not at {name}: {failed}")
        write_backup_record(folder, record)


def send_to(options: dict[str, Any], repository: Repository, other: Repository, record: dict[str, Any]) -> None:
    """Send it to one destination, and delete old ones there by the same rules."""
    import subprocess

    other.make_sure()
    host = os.path.basename(options["base"])
    words = ["--stdin", f"--stdin-filename={ARCHIVE}", f"--host={host}", f"--tag={record['id']}"]
    child = other.start("backup", *words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert child.stdin and child.stderr
    wrong = pour(repository, record, child.stdin)
    if wrong:
        child.kill()
        child.wait()
        raise Failed(wrong)
    with suppress(BrokenPipeError):
        child.stdin.close()
    said = " ".join(child.stderr.read().decode("utf-8", "replace").split())[-300:]
    if child.wait():
        raise Failed(f"restic could not store it there: {said}")
    keep = [f"--keep-{name}={max(number, name == 'last')}" for name, number in options["keep"].items()]
    other.run("unlock")
    other.run("forget", "--prune", f"--host={host}", "--group-by=host", *keep)
