"""Run a command of manage.py as `python manage.py COMMAND` would, and note what of the app it has read.

Runs inside a release: its venv, its environment, its working folder.

Options:
    argv: the words after `python`, such as ["manage.py", "migrate", "--noinput"].
    top: the release's code folder.
    record: file to write the noted paths to, one a line, relative to `top`; written only if the command succeeds.
"""

from __future__ import annotations

import json
import runpy
import sys

from slipway.remote.observed import Observer


def main() -> None:
    """Become manage.py."""
    options = json.loads(sys.argv[1])
    observer = Observer(options["top"])
    observer.start()
    sys.argv = options["argv"]
    sys.path[0] = ""
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
    with open(options["record"], "w") as file:
        file.write("".join(f"{path}\n" for path in sorted(observer.paths) if path and "\n" not in path))


if __name__ == "__main__":
    main()
