"""Run a command of manage.py as `python manage.py COMMAND` would, and record which files of the app it reads.

Runs inside a release: its venv, its environment, its working folder.

Options:
    argv: the words after `python`, such as ["manage.py", "migrate", "--noinput"].
    top: the release's code folder.
    record: file to write the noted paths to, one a line, relative to `top`; written only if the command succeeds,
        and left empty if nothing can prove that the command would do the same again (see `Inputs`).
    shared: the folder of what outlives releases.
    applied: file to write the migrations that are applied then to, as JSON {alias: ["app.0001_initial"]}. Optional.
"""

from __future__ import annotations

import json
import os
import runpy
import sys

from slipway.remote.django.run_inputs import Inputs
from slipway.remote.host.new_file_among_untrusted import new_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main() -> None:
    """Become manage.py."""
    options = json.loads(sys.argv[1])
    inputs = Inputs(options["top"], asks=True, shared=options.get("shared", ""))
    sys.addaudithook(keep_databases_private)
    sys.argv = options["argv"]
    sys.path[0] = ""
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
    except Exception:
        if "django.db" not in sys.modules or databases():
            raise
        print("The settings name no database: there is nothing to migrate.")
    inputs.close()
    os.close(new_file(options["record"]))
    for reason in inputs.report(options["record"])["why"]:
        print(f"the next deploy has to run this again: {reason}")
    if options.get("applied"):
        with open(new_file(options["applied"]), "w", encoding="utf-8") as file:
            json.dump(applied(), file, sort_keys=True)


def keep_databases_private(event: str, arguments: tuple[Any, ...]) -> None:
    """Make a new database of SQLite before SQLite does, which would let every account of the host read it."""
    if event != "sqlite3.connect" or not isinstance(arguments[0], (str, os.PathLike)):
        return
    path = os.path.realpath(os.fspath(arguments[0]))
    named = os.fspath(arguments[0])[:1] in ("/", b"/")
    if named and not os.path.exists(path) and os.access(os.path.dirname(path), os.W_OK):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o640))


def applied() -> dict[str, list[str]]:
    """Return the migrations that each database has."""
    from django.db import connections
    from django.db.migrations.recorder import MigrationRecorder

    return {
        alias: sorted(".".join(key) for key in MigrationRecorder(connections[alias]).applied_migrations())
        for alias in databases()
    }


def databases() -> list[str]:
    """Return the names of the databases that settings define."""
    from django.db import connections

    return [alias for alias, one in connections.settings.items() if one["ENGINE"] != "django.db.backends.dummy"]


if __name__ == "__main__":
    main()
