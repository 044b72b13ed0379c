"""Make a backup now, and tell of it.

Options: as for `backups.make_backup`.

Fact: `backup`, the record without its tables, see `backups.backup_records`.
"""

from __future__ import annotations

import os

from slipway.remote.backups.backup_records import alone, backups_folder, told
from slipway.remote.backups.make_backup import make_backup
from slipway.remote.host.program_io import fact, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Make it while nobody else works on the app's backups."""
    os.umask(0o077)
    folder = backups_folder(options["base"])
    with alone(folder):
        record = make_backup(options, folder)
    fact("backup", told(record))


if __name__ == "__main__":
    run(main)
