"""Run a command of manage.py as `python manage.py COMMAND` would, and note what of the app it has read.

Runs inside a release: its venv, its environment, its working folder.

Options:
    argv: the words after `python`, such as ["manage.py", "migrate", "--noinput"].
    top: the release's code folder.
    record: file to write the noted paths to, one a line, relative to `top`; written only if the command succeeds,
        and left empty if nothing can prove that the command would do the same again (see `Inputs`).
"""

from __future__ import annotations

import json
import runpy
import sys

from slipway.remote.django_inputs import Inputs


def main() -> None:
    """Become manage.py."""
    options = json.loads(sys.argv[1])
    inputs = Inputs(options["top"], asks=True)
    sys.argv = options["argv"]
    sys.path[0] = ""
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
    inputs.close()
    open(options["record"], "w").close()
    inputs.report(options["record"])


if __name__ == "__main__":
    main()
