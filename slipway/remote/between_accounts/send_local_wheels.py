"""Hand over the wheels of the app's own packages, on standard output, as `receive_local_wheels` reads them.

Runs as the account that builds.

Options:
    folder: it has a folder for each package, by its number.
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Send all wheels, each named by its package's number."""
    output = sys.stdout.buffer
    for number in sorted(os.listdir(options["folder"])):
        place = os.path.join(options["folder"], number)
        for file in sorted(os.listdir(place)):
            if file.endswith(".whl"):
                with open(os.path.join(place, file), "rb") as wheel:
                    content = wheel.read()
                name = os.fsencode(f"{number}/{file}")
                output.write(b"file %d %d\n%b%b" % (len(name), len(content), name, content))
    output.write(b"report 2\n{}")
    output.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
