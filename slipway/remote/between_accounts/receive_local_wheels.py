"""Take over the wheels of the app's own packages, on standard input; a wheel is data, nothing of it is run.

Options:
    folder: where they go, to `wheels/NUMBER/` in it. Besides is written `list`: number, name and path, a line for each.
    count: how many there are.
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
    """Write what comes, and what it is."""
    root = os.path.join(options["folder"], "wheels")
    os.umask(0o022)
    os.makedirs(root)
    receive(sender_output(options), root)
    lines = []
    for number in range(options["count"]):
        place = os.path.join(root, str(number))
        files = os.listdir(place) if os.path.isdir(place) else []
        name = wheel_name(files[0]) if len(files) == 1 else None
        if name is None:
            raise Failed(f"a package of the app was built, and it is not one wheel: {line(', '.join(files))!r}")
        lines.append(f"{number} {name} wheels/{number}/{files[0]}\n")
    with open(os.path.join(options["folder"], "list"), "w", encoding="ascii") as out:
        out.writelines(lines)


if __name__ == "__main__":
    run(main)
