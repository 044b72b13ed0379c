"""Make a backup now, and tell of it.

Options: as for `backups.make_backup`; must_prove: whether it is a failure if the backup is not proved.

Fact: `backup`, the record without its tables, see `backups.backup_records`.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress

from slipway.remote.backups.backup_records import FAILURE, alone, backups_folder, told
from slipway.remote.backups.make_backup import make_backup
from slipway.remote.backups.restic_repository import write_private
from slipway.remote.host.program_io import Failed, fact, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Make it while nobody else works on the app's backups."""
    os.umask(0o077)
    folder = backups_folder(options["base"])
    with alone(folder):
        try:
            record = make_backup(options, folder)
        except Failed as failed:
            write_private(os.path.join(folder, FAILURE), json.dumps({"when": time.time(), "why": str(failed)}))
            raise
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(folder, FAILURE))
    if options.get("must_prove") and "not_proved" in record:
        raise Failed(f"the backup {record['id']} is not proved, and nothing was migrated: {record['not_proved']}")
    fact("changed", f"the backup {record['id']}")
    fact("backup", told(record))


if __name__ == "__main__":
    run(main)
