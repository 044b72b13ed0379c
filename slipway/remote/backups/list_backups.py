"""List the backups of the app on this host.

Options: base: the app's folder.

Fact: `backups`, a list of what `backups.run_backup` tells of each, the oldest first.
"""

from __future__ import annotations

import os

from slipway.remote.backups.backup_records import backup_records, told
from slipway.remote.host.program_io import fact, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Read and tell."""
    fact("backups", [told(one) for one in backup_records(os.path.join(options["base"], "backups"))])


if __name__ == "__main__":
    run(main)
