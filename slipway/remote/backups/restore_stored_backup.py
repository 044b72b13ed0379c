"""Restore a backup: keep what is there as another backup, then have the app's account put the databases and files back.

Runs as the account that deploys.

Options: as for `backups.make_backup`, with the text of `restore_backup` among the programs;
    id: of the backup. keep_current: whether what is there is backed up first.
    unproved: whether one may be restored that was not proved.

Facts: `kept`, the id of the backup of what was there, or `none`; `restored`, an object: see `backups.restore_backup`;
    `changed`, `yes` from the moment when the app's account may have changed something.
"""

from __future__ import annotations

import os
from contextlib import suppress

from slipway.remote.backups.backup_records import alone, backups_folder, read_backup_record
from slipway.remote.backups.make_backup import make_backup
from slipway.remote.backups.read_stored_backup import pour
from slipway.remote.backups.restic_repository import Repository
from slipway.remote.backups.run_as_app import AppProgram
from slipway.remote.host.program_io import Failed, fact, run, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Keep, restore, tell."""
    os.umask(0o077)
    folder = backups_folder(options["base"])
    with alone(folder):
        record = read_backup_record(folder, options["id"])
        if not record.get("proved") and not options["unproved"]:
            why = record.get("not_proved", "it was cut off")
            raise Failed(f"the backup {options['id']} was never proved to restore: {why}")
        fact("kept", keep_current(options, folder) if options["keep_current"] else "none")
        fact("restored", restore(options, folder, record))


def keep_current(options: dict[str, Any], folder: str) -> str:
    """Back up what is there; returns the id."""
    try:
        kept = make_backup({**options, "why": f"before the restore of {options['id']}"}, folder)
    except Failed as failed:
        raise Failed(f"what is there now cannot be backed up, and nothing was changed: {failed}") from None
    say(f"what was there is the backup {kept['id']}")
    return str(kept["id"])


def restore(options: dict[str, Any], folder: str, record: dict[str, Any]) -> dict[str, Any]:
    """Hand the backup to the app's account; returns what it reports."""
    app = AppProgram(options, "restore_backup", {**options["send"], "size": record["size"]})
    wrong = pour(Repository(folder), record, app.input)
    if not wrong:
        fact("changed", "yes")
        with suppress(BrokenPipeError):
            app.input.write(b"go\n")
    app.close_input()
    try:
        report = app.report()
    except Failed as failed:
        raise Failed(f"{wrong}; nothing was changed" if wrong else str(failed)) from None
    if wrong:
        raise Failed(f"{wrong}; nothing was changed")
    return {
        "databases": len(list(report.get("databases") or ())),
        "files": int(report.get("files") or 0),
        "removed": int(report.get("removed") or 0),
        "damaged": [str(one)[:300] for one in list(report.get("damaged") or ())[:20]],
    }


if __name__ == "__main__":
    run(main)
