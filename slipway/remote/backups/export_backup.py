"""Write a stored backup, a tar archive, to standard output.

Options: base: the app's folder. id: of the backup.
"""

from __future__ import annotations

import json
import sys

from slipway.remote.backups.backup_records import alone, backups_folder, read_backup_record
from slipway.remote.backups.read_stored_backup import pour
from slipway.remote.backups.restic_repository import Repository
from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def export_backup(options: dict[str, Any]) -> None:
    """Write it; it is compared with what was stored, and a difference is a failure."""
    folder = backups_folder(options["base"])
    with alone(folder):
        record = read_backup_record(folder, options["id"])
        wrong = pour(Repository(folder), record, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    if wrong:
        raise Failed(wrong)


if __name__ == "__main__":
    try:
        export_backup(json.loads(sys.argv[1]))
    except Failed as failed:
        sys.exit(f"error: {failed}")
