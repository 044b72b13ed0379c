"""List, stop and remove the process groups (programs) of supervisord."""

from __future__ import annotations

import os
import time

from slipway.remote.host.proc import kill_group
from slipway.remote.supervisor.rpc import BAD_NAME, STILL_RUNNING, Fault, account, call, nonsense

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

POLL = 0.015
PROCESS_STATES = ("STOPPED", "STARTING", "RUNNING", "BACKOFF", "STOPPING", "EXITED", "FATAL", "UNKNOWN")
PROCESS_TEXTS = ("group", "name", "statename", "spawnerr")
PROCESS_NUMBERS = ("pid", "start", "now", "exitstatus")
NAME_LIMIT = 255  # characters of a name: it may become a file's
NUMBER_LIMIT = 1 << 33  # seconds since 1970, which is in 2242; exit codes and pids are smaller


def processes(supervisor: str) -> dict[str, list[dict[str, Any]]]:
    """Return what supervisord says of each process (name, statename, pid, start, now, ...), by program."""
    groups: dict[str, list[dict[str, Any]]] = {}
    told = call(supervisor, "getAllProcessInfo")
    if not isinstance(told, list) or not all(isinstance(one, dict) and plausible(one) for one in told):
        raise nonsense(supervisor)
    for process in told:
        groups.setdefault(process["group"], []).append(process)
    return groups


def plausible(process: dict[str, Any]) -> bool:
    """Say whether supervisord may have said that: the names become parts of paths, the numbers are shown."""
    if not all(isinstance(process.get(key), str) for key in PROCESS_TEXTS):
        return False
    if not all(isinstance(process.get(key), int) and -1 <= process[key] < NUMBER_LIMIT for key in PROCESS_NUMBERS):
        return False
    names = (process["group"], process["name"])
    if not all(0 < len(name) <= NAME_LIMIT and name.isprintable() and "/" not in name for name in names):
        return False
    return process["statename"] in PROCESS_STATES and len(process["spawnerr"]) < 10 * NAME_LIMIT


def stop(supervisor: str, name: str) -> None:
    """Ask a program to end, without waiting; one that does not run or is not known is well."""
    try:
        call(supervisor, "stopProcessGroup", name, False)
    except Fault as fault:
        if fault.code != BAD_NAME:
            raise


def remove(supervisor: str, name: str) -> bool:
    """Make supervisord forget a program; return False while it still runs."""
    try:
        call(supervisor, "removeProcessGroup", name)
    except Fault as fault:
        if fault.code not in (BAD_NAME, STILL_RUNNING):
            raise
        return fault.code == BAD_NAME
    return True


def unlink(*paths: str | None) -> None:
    """Delete files that may be gone already."""
    for path in paths:
        try:
            if path:
                os.unlink(path)
        except FileNotFoundError:
            pass


def destroy(supervisor: str, name: str, within: float = 5.0) -> bool:
    """End a program at once, with everything that it started, and make supervisord forget it.

    Told to stop first, since supervisord would start again what is killed behind its back.

    Returns:
        False if it still was not gone after `within` seconds.
    """
    stop(supervisor, name)
    user = account(supervisor)
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        for process in processes(supervisor).get(name, []):
            if process["pid"]:
                kill_group(process["pid"], user)
        if remove(supervisor, name):
            return True
        time.sleep(POLL)
    return False
