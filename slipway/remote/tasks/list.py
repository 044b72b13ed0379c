"""List one-off tasks and their results.

Options:
    tasks: the folder of their records.
    last: how many of the newest to tell.

Fact: `tasks` [{id, name, command, release, who, detached, started (epoch), timeout, state, code, why, seconds}], newest
first. The state is running, succeeded, failed, stopped, or lost: it does not run, and nobody could write its end.
"""

from __future__ import annotations

import os
import re
import time

from slipway.remote.host.program_io import fact, run, say
from slipway.remote.tasks.process_sessions import harmless, read_record, runs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TOLD = ("id", "name", "command", "release", "who", "detached", "started", "timeout")
LOOKED_AT = 1000  # records that are looked at: whoever may write there could make any number
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}")


def main(options: dict[str, Any]) -> None:
    """Read the records, and look at the processes."""
    folder = options["tasks"]
    names = sorted(os.listdir(folder) if os.path.isdir(folder) else [], reverse=True)[:LOOKED_AT]
    found = [task for name in names if (task := describe(os.path.join(folder, name)))]
    found.sort(key=lambda task: task["started"] or 0, reverse=True)
    fact("tasks", found[: options["last"]])


def describe(folder: str) -> dict[str, Any] | None:
    """Say how one task is; None if it has no record."""
    name = os.path.basename(folder)
    task = read_record(folder, "task.json")
    if task is None or not ID.fullmatch(name):
        if os.path.lexists(os.path.join(folder, "task.json")):
            say(f"left out, since it is no record of a task: {harmless(name)[:80]}")
        return None
    told = {**{key: task.get(key) for key in TOLD}, "id": name}
    alive = runs(task)
    end = read_record(folder, "end.json")  # after the look at the processes, or a task that just ends would be lost
    if end and end.get("state"):
        return {**told, **{key: end.get(key) for key in ("state", "code", "why", "seconds")}}
    seconds = round(time.time() - task["started"], 2) if alive and task.get("started") else None
    return {**told, "state": "running" if alive else "lost", "code": None, "why": "", "seconds": seconds}


if __name__ == "__main__":
    run(main)
