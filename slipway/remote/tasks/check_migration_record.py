"""Take over what a migration has left in its record, where the app's user could write: only what is plainly right.

Runs as the account that deploys.

Options:
    tasks: the folder of all records. id: of the migration's.
    read: file to write to which files of the app were read, as `inputs` in the record says, one a line.
    applied: file to write to which migrations are applied, as `applied` says: {alias: ["app.0001_initial"]}.

Both files are ours, and are not there afterwards if the record has nothing right for them.
"""

from __future__ import annotations

import json
import os
import re

from slipway.remote.host.open_untrusted_file import content
from slipway.remote.host.program_io import run, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RESULT_BYTES = 8 << 20
STATE = re.compile(r"-|[0-9]+ [0-9]+ [0-9]+\.[0-9]{9}")
MIGRATION = re.compile(r"[\w-]+\.[\w-]+")


def main(options: dict[str, Any]) -> None:
    """Check, and write."""
    for name, check in (("inputs", paths), ("applied", migrations)):
        target = options["read" if name == "inputs" else name]
        try:
            text = check(content(RESULT_BYTES, options["tasks"], options["id"], name).decode())
        except (OSError, ValueError, RecursionError) as error:
            say(f"the migration's record of {name} is not taken: {getattr(error, 'strerror', '') or error}")
            if os.path.lexists(target):
                os.unlink(target)
            continue
        with open(f"{target}.new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(f"{target}.new", target)


def paths(text: str) -> str:
    """Return the lines, if each is a path below the app's code, or one outside of it with its state.

    Raises:
        ValueError: one is not.
    """
    for line in text.splitlines():
        path, tab, state = line.partition("\t")
        inside = path[1:] if tab and path.startswith("/") and STATE.fullmatch(state) else line
        if not inside.isprintable() or {"", ".", ".."} & set(inside.split("/")):
            raise ValueError("it holds what is no path of the app")
    return text


def migrations(text: str) -> str:
    """Return the applied migrations of each database, if they are nothing else.

    Raises:
        ValueError: they are.
    """
    told = json.loads(text)
    right = isinstance(told, dict) and all(
        isinstance(names, list) and all(isinstance(name, str) and MIGRATION.fullmatch(name) for name in names)
        for names in told.values()
    )
    if not right:
        raise ValueError("it holds what are no migrations")
    return json.dumps(told, sort_keys=True)


if __name__ == "__main__":
    run(main)
