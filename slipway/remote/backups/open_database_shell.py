"""Open psql or sqlite3 on the app's database, as the app's account.

Options: as for `backups.dump_database`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys

from slipway.remote.backups.dump_database import chosen_database
from slipway.remote.backups.postgresql_database import PROGRAMS, libpq, program_of_postgresql
from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def open_database_shell(options: dict[str, Any]) -> None:
    """Become the shell."""
    database = chosen_database(options)
    if database["kind"] == "postgresql":
        os.execve(program_of_postgresql("psql"), ["psql"], libpq(database["values"]))  # noqa: S606
    found = shutil.which("sqlite3", path=PROGRAMS)
    if not found:
        raise Failed('sqlite3 is not installed here: put "sqlite3" into app.packages, and provision')
    os.execv(found, ["sqlite3", database["path"]])  # noqa: S606


if __name__ == "__main__":
    try:
        open_database_shell(json.loads(sys.argv[1]))
    except Failed as failed:
        sys.exit(f"error: {failed}")
