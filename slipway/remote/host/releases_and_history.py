"""Report the releases and the history of an app on this host.

Options:
    base: the app's folder.
    history: how many of the last operations to tell; 0 for none.
    of_host: the history of the host, which has removals of apps, and provisions that failed. app: whose of them count.

Facts: `releases` [what release.json says, and {"current", "standby", "left" (what it was left by, or null)}], newest
first; `history` [what was recorded], oldest first. A line or file that cannot be read is left out, and said.
"""

from __future__ import annotations

import json
import os

from slipway.remote.host.program_io import fact, run, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


LINES = 10_000  # of the host's history that are looked at


def main(options: dict[str, Any]) -> None:
    """Read, and tell."""
    base = options["base"]
    fact("releases", releases(base))
    count = options.get("history", 0)
    mine = history(os.path.join(base, "history.jsonl"), count)
    of_host = history(options["of_host"], LINES) if count else []
    others = [without(told, ("app", "host", "data")) for told in of_host if told.get("app") == options["app"]]
    fact("history", sorted([*others, *mine], key=lambda told: str(told.get("when")))[-count:] if count else [])


def releases(base: str) -> list[dict[str, Any]]:
    """Return the whole releases, newest first."""
    folder = os.path.join(base, "releases")
    links = {name: os.path.basename(link(os.path.join(base, name))) for name in ("current", "standby")}
    found = []
    for id in sorted(os.listdir(folder) if os.path.isdir(folder) else (), reverse=True):
        told = read(os.path.join(folder, id, "release.json"))
        if told is None:
            continue
        left = read(os.path.join(folder, id, "left"))
        found.append({**told, "release": id, **{name: id == value for name, value in links.items()}, "left": left})
    return found


def history(path: str, count: int) -> list[dict[str, Any]]:
    """Return the last operations, oldest first."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.readlines()[-count:] if count else []
    except OSError:
        return []
    return [told for told in map(parse, lines) if told is not None]


def without(told: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Return a record without what every record of this app on this host would say."""
    return {key: value for key, value in told.items() if key not in keys}


def read(path: str) -> dict[str, Any] | None:
    """Return the JSON object in a file, None if there is no such file."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return parse(file.read())
    except OSError:
        return None


def parse(text: str) -> dict[str, Any] | None:
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        say(f"left out, since it is no record: {text.strip()[:80]}")
        return None
    return told


def link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


if __name__ == "__main__":
    run(main)
