"""Send the wheels that uv has built for a venv to the account that deploys; read by `receive_built_wheels`.

Runs as the account that builds.

Options:
    cache: uv's cache, which keeps the wheels that it has built. venv: what they were installed into.
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Send the newest wheel of each distribution that is installed."""
    wanted = set(installed(options["venv"]))
    newest: dict[str, str] = {}
    for path in wheels(options["cache"]):
        key = distribution(os.path.basename(path))
        if key in wanted and (key not in newest or os.path.getmtime(path) > os.path.getmtime(newest[key])):
            newest[key] = path
    output = sys.stdout.buffer
    for path in newest.values():
        with open(path, "rb") as file:
            content = file.read()
        name = os.fsencode(os.path.basename(path))
        output.write(b"file %d %d\n%b%b" % (len(name), len(content), name, content))
    output.write(b"report 2\n{}")
    output.flush()


def installed(venv: str) -> Iterable[str]:
    """Say what is installed, as NAME-VERSION."""
    for _, folders, _ in os.walk(os.path.join(venv, "lib")):
        yield from (distribution(name[: -len(".dist-info")]) for name in folders if name.endswith(".dist-info"))


def wheels(cache: str) -> Iterable[str]:
    for folder, _, files in os.walk(cache):
        if "/sdists-" in folder:
            yield from (os.path.join(folder, name) for name in files if name.endswith(".whl"))


def distribution(name: str) -> str:
    """Return NAME-VERSION of a wheel's name."""
    return "-".join(name.split("-")[:2]).lower()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
