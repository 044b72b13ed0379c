"""Take over wheels that the account for building hands over on standard input; a wheel is data, nothing of it is run.

Options:
    folder: where they go, to `files/` in it. Besides are written: `overrides`, requirements that name each of the
        files, and `names`, the distributions, one a line.
"""

from __future__ import annotations

import os

from slipway.remote.host.program_io import Failed, run
from slipway.remote.host.read_output_until_exit import sender_output
from slipway.remote.host.receive_files import line, receive
from slipway.remote.host.wheel_name import wheel_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Write what comes, and what uv needs to know about it."""
    root = os.path.join(options["folder"], "files")
    os.umask(0o022)
    os.makedirs(root)
    receive(sender_output(options), root)
    names, overrides = [], []
    for file in sorted(os.listdir(root)):
        name = wheel_name(file)
        if name is None:
            raise Failed(f"what was built is no wheel: {line(file)!r}")
        names.append(f"{name}\n")
        overrides.append(f"{name} @ file://{root}/{file}\n")
    for place, lines in (("names", names), ("overrides", overrides)):
        with open(os.path.join(options["folder"], place), "w", encoding="ascii") as out:
            out.writelines(lines)


if __name__ == "__main__":
    run(main)
