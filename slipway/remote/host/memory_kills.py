"""Count the processes of an app that the kernel has killed since there was no memory left."""

from __future__ import annotations

import re

UNIT = re.compile(r"/slipway-[^/]+\.service$")
CONTROL_GROUPS = "/sys/fs/cgroup"
KILLS = re.compile(r"(?m)^oom_kill (\d+)$")


def memory_kills(pid: int) -> int | None:
    """Return how many were killed since the app's unit was started; None where the host does not tell.

    Args:
        pid: a process of the unit. One in another control group, as without root, tells nothing of the app alone.
    """
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8", errors="replace") as file:
            return kills_of(file.read())
    except OSError:
        return None


def kills_of(groups: str) -> int | None:
    """Return the number for the control groups of a process, as the kernel lists them."""
    for line in groups.splitlines():
        _, controllers, path = line.split(":", 2)
        if UNIT.search(path) and controllers in ("", "memory"):
            return kills_in(path, "memory/" if controllers else "")
    return None


def kills_in(path: str, controller: str) -> int | None:
    """Read the number of a control group, of version 2 or 1."""
    name = "memory.oom_control" if controller else "memory.events"
    with open(f"{CONTROL_GROUPS}/{controller}{path.strip('/')}/{name}", encoding="ascii") as file:
        match = KILLS.search(file.read())
    return int(match[1]) if match else None
