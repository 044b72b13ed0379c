"""Read which host of the fleet runs the schedules, as the last deploy wrote it on each host.

`schedules/assigned.json`: {host, from (epoch), before (host or null), decided (epoch), who, where}. Minutes from `from`
on belong to `host`, earlier ones to `before`. A later decision, by `decided`, counts more than an earlier one.
"""

from __future__ import annotations

from slipway.remote.tasks.process_sessions import kept

MINUTE_SECONDS = 60


def holder(folder: str, minute: int) -> str | None:
    """Return the name of the host that a minute, counted from the epoch, belongs to."""
    record = kept(folder, "assigned.json")
    if record is None:
        return None
    name = record.get("host") if minute * MINUTE_SECONDS >= record.get("from", 0) else record.get("before")
    return str(name) if name else None


def mine(folder: str, host: str, minute: int) -> bool:
    """Say whether a minute belongs to this host."""
    return holder(folder, minute) == host
