"""Read what the kernel lets an app have, and what it uses of it, from the control group (version 2) of its unit."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

APP_UNIT = re.compile(r"(?m)^0::(/.*/slipway-[^/]+\.service)$")
GROUPS = "/sys/fs/cgroup"


def app_limits(pid: int) -> dict[str, Any]:
    """Return {"memory", "memory_most" (bytes), "cpu_most" (percent of one processor)}; None: no limit, or not told.

    Args:
        pid: a process of the unit. One in another control group, as without root, tells nothing of the app alone.
    """
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8", errors="replace") as file:
            return limits_of(file.read())
    except OSError:
        return limits_of("")


def limits_of(groups: str) -> dict[str, Any]:
    """Return the same for the control groups of a process, as the kernel lists them."""
    told: dict[str, Any] = {"memory": None, "memory_most": None, "cpu_most": None}
    found = APP_UNIT.search(groups)
    if found:
        most, quota = setting(found[1], "memory.max"), setting(found[1], "cpu.max").split()
        told["memory_most"] = int(most) if most.isdecimal() else None
        used = setting(found[1], "memory.current")
        told["memory"] = int(used) if used.isdecimal() else None
        if len(quota) == 2 and quota[0].isdecimal():
            told["cpu_most"] = round(100 * int(quota[0]) / int(quota[1]))
    return told


def setting(group: str, name: str) -> str:
    """Return what a file of a control group says; "" where the kernel has no such control."""
    try:
        with open(f"{GROUPS}{group}/{name}", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""
