"""Find and signal process sessions: all processes that a command started, unless they made their own session."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress

from slipway.remote.host.new_file_among_untrusted import new_file
from slipway.remote.host.open_untrusted_file import content
from slipway.remote.host.proc import live, stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SESSION_POLL = 0.02  # seconds
RECORD_BYTES = 1 << 20
NUMBER = (int, float)
EARLIEST = -60_000_000_000  # seconds of years that Python knows; no count is as large
LATEST = 250_000_000_000
KINDS: tuple[tuple[str, Any], ...] = (
    *((key, str) for key in ("id", "name", "command", "release", "who", "boot", "state", "why", "host", "before")),
    *((key, int) for key in ("pid", "session", "born", "minute", "code")),
    *((key, NUMBER) for key in ("started", "ended", "seconds", "when", "timeout", "from", "decided")),
    ("detached", bool),
)


def members(session: int) -> list[int]:
    """Return the pids of the live processes of a session."""
    return [pid for pid in live() if (stat(pid) or (0, 0, 0))[2] == session]


def signal_session(session: int, number: int) -> bool:
    """Send a signal to every process of a session; return whether there was one."""
    pids = members(session) if session > 1 else []
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, number)
    return bool(pids)


def over(session: int, within: float, meanwhile: Callable[[], None] = lambda: None) -> bool:
    """Wait for the end of all processes of a session; return False if one is left after `within` seconds."""
    deadline = time.monotonic() + within
    while members(session):
        meanwhile()
        if time.monotonic() > deadline:
            return False
        time.sleep(SESSION_POLL)
    return True


def start_ticks(pid: int) -> int:
    """Return when a process started, in ticks since boot, which tells it from a later one of the same pid."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[19])
    except OSError:
        return 0


def boot() -> str:
    """Return the id of the host's start, which tells its processes from those before a reboot."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def read_record(folder: str, name: str) -> dict[str, Any] | None:
    """Return what a file of a record says; None if it is not there, or is no record.

    The app's user may write there: the folder is opened from the one above it, and all that is known of a record has
    the type that it must have.
    """
    try:
        told = json.loads(content(RECORD_BYTES, os.path.dirname(folder), os.path.basename(folder), name))
    except (OSError, ValueError, RecursionError):
        return None
    return {key: harmless(value) for key, value in told.items()} if is_record(told) else None


def is_record(told: Any) -> bool:
    """Say whether something is an object whose known fields have their types."""
    return isinstance(told, dict) and all(is_kind(told.get(key), kind) for key, kind in KINDS)


def is_kind(value: Any, kind: Any) -> bool:
    """Say whether a value is none, or of a kind; a number must be one that can be a time or a count."""
    if value is None:
        return True
    number = isinstance(value, NUMBER) and not isinstance(value, bool)
    return (
        isinstance(value, kind)
        and isinstance(value, bool) == (kind is bool)
        and (not number or EARLIEST < value < LATEST)
    )


def harmless(value: Any) -> Any:
    """Return a text with `?` for what could steer a terminal, anything else as it is."""
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(one if one.isprintable() or one in "\n\t" else "?" for one in value)


def write_record(folder: str, name: str, told: dict[str, Any]) -> None:
    """Write a file of a task's record, whole or not at all."""
    path = os.path.join(folder, name)
    with open(new_file(f"{path}.new"), "w", encoding="utf-8") as file:
        json.dump(told, file, sort_keys=True)
    os.replace(f"{path}.new", path)


def runs(task: dict[str, Any]) -> bool:
    """Whether the runner of a task, or anything that the task has started, is alive on this host."""
    if task.get("boot") != boot():
        return False
    pid, session = task.get("pid") or 0, task.get("session") or 0
    runner = stat(pid) is not None and start_ticks(pid) == task.get("born")
    return runner or bool(members(session))
