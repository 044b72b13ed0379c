"""Report the configuration files of the current release, as they are: for `fab plan`.

Options:
    conf: the release's folder `conf`, which only the account that deploys can write.

Fact: `configuration` {name of the file: its text}, of gunicorn.conf.py, nginx.conf and each NAME.program.
"""

from __future__ import annotations

import os

from slipway.remote.host.program_io import fact, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAMES = ("gunicorn.conf.py", "nginx.conf")
MOST_BYTES = 1 << 18  # of one file


def main(options: dict[str, Any]) -> None:
    """Read each file."""
    found = {}
    for name in sorted(os.listdir(options["conf"])) if os.path.isdir(options["conf"]) else ():
        if name in NAMES or name.endswith(".program"):
            with open(os.path.join(options["conf"], name), encoding="utf-8", errors="replace") as file:
                found[name] = file.read(MOST_BYTES)
    fact("configuration", found)


if __name__ == "__main__":
    run(main)
