"""List, stop and remove the process groups (programs) of supervisord."""

from __future__ import annotations

import os
import time

from slipway.remote.host.proc import kill_group
from slipway.remote.supervisor.rpc import BAD_NAME, STILL_RUNNING, Fault, call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

POLL = 0.015


def processes(supervisor: str) -> dict[str, list[dict[str, Any]]]:
    """Return what supervisord says of each process (name, statename, pid, start, now, ...), by program."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for process in call(supervisor, "getAllProcessInfo"):
        groups.setdefault(process["group"], []).append(process)
    return groups


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
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        for process in processes(supervisor).get(name, []):
            if process["pid"]:
                kill_group(process["pid"])
        if remove(supervisor, name):
            return True
        time.sleep(POLL)
    return False
