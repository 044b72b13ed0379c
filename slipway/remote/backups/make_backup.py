"""Back up the app's databases and files, restore the backup into scratch databases, and delete old ones.

Runs as the account that deploys; what belongs to the app is read, and restored, by its own account.

Options:
    base: the app's folder. as_app: words that run a command as the app's account.
    who, why: who wants it, and what for. send: options of `backups.send_from_app`.
    programs: the texts of `send_from_app` and `prove_backup` by name. keep: see `retention`.
    destinations: names of further repositories that get it.
"""

from __future__ import annotations

import json
import os
import time

from slipway.remote.backups.archive_from_app import Tee, receive_backup
from slipway.remote.backups.backup_records import backup_records, new_id, write_backup_record
from slipway.remote.backups.read_stored_backup import prove
from slipway.remote.backups.restic_repository import ARCHIVE, Repository
from slipway.remote.backups.retention import kept_backups
from slipway.remote.backups.run_as_app import AppProgram, current_release
from slipway.remote.backups.send_to_destinations import send_to_destinations
from slipway.remote.host.program_io import Failed, note, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def make_backup(options: dict[str, Any], folder: str) -> dict[str, Any]:
    """Make a backup and prove it; returns its record."""
    repository = Repository(folder)
    repository.make_sure()
    began = time.time()
    record: dict[str, Any] = {
        "id": new_id(folder),
        "made": began,
        "who": options["who"],
        "why": options["why"],
        "release": current_release(options["base"]),
        **store(options, folder, repository),
        "seconds": 0,
    }
    write_backup_record(folder, record)
    wrong = prove(repository, record, AppProgram(options, "prove_backup", {**options["send"], "size": record["size"]}))
    if wrong:
        record["not_proved"] = wrong
        note("backup-not-proved", f"the backup {record['id']} is not proved: {wrong}")
    else:
        record["proved"] = time.time()
    record["seconds"] = round(time.time() - began, 2)
    write_backup_record(folder, record)
    if record["manifest"]["skipped"]:
        names = ", ".join(record["manifest"]["skipped"][:5])
        note("backup-skipped-files", f"some files of shared/ could not be read whole, such as {names}")
    if not wrong:
        send_to_destinations(options, folder, repository, record)
    delete_old(options, folder, repository)
    return record


def store(options: dict[str, Any], folder: str, repository: Repository) -> dict[str, Any]:
    """Pass on what the app's account sends to restic; returns what the record says of it."""
    import subprocess

    sender = AppProgram(options, "send_from_app", options["send"])
    sender.close_input()
    child = repository.start(
        "backup", "--stdin", f"--stdin-filename={ARCHIVE}", f"--host={os.path.basename(options['base'])}", "--json",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin and child.stdout
    tee = Tee(child.stdin, folder)
    try:
        report = receive_backup(sender, tee)
        child.stdin.close()
    except (Failed, OSError) as error:
        child.kill()  # before it is told that this was all
        child.wait()
        sender.child.stdout.close() if sender.child.stdout else None
        sender.child.wait()
        if isinstance(error, Failed):
            raise
        raise Failed(f"restic does not take the backup: {error.strerror}; the last lines say why") from None
    told = child.stdout.read().splitlines()
    if child.wait() or not told:
        raise Failed("restic could not store the backup: the last lines say why")
    snapshot = str(json.loads(told[-1])["snapshot_id"])
    return {"snapshot": snapshot, "size": tee.size, "sha256": tee.digest.hexdigest(), "manifest": report}


def delete_old(options: dict[str, Any], folder: str, repository: Repository) -> None:
    """Delete backups that the inventory does not keep, and the records of those that are not there."""
    records = backup_records(folder)
    stay = kept_backups(records, options["keep"], time.time())
    old = [one for one in records if one["id"] not in stay]
    try:
        repository.forget([one["snapshot"] for one in old])
    except Failed as failed:
        note("backups-not-deleted", str(failed))
        return
    for one in old:
        os.unlink(os.path.join(folder, "records", f"{one['id']}.json"))
        say(f"deleted the old backup {one['id']}")
