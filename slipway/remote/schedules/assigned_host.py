"""Read which host of the fleet runs the schedules, as the last deploy wrote it on each host.

`scheduler.json`: {host, from (epoch), before (host or null), decided (epoch), who}. Minutes from `from` on belong to
`host`, earlier ones to `before`. A later decision, by `decided`, counts more than an earlier one. Earlier versions of
Slipway wrote it to `schedules/assigned.json`, where the app may write too: it counts if the app does not own it.
"""

from __future__ import annotations

import json
import os

from slipway.remote.host.open_untrusted_file import opened
from slipway.remote.tasks.process_sessions import RECORD_BYTES, is_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MINUTE_SECONDS = 60
PLACES = (("scheduler.json",), ("schedules", "assigned.json"))


def assigned(base: str) -> dict[str, Any] | None:
    """Return the decision that this host knows; None if there is none, or what lies there is no such record."""
    for names in PLACES:
        try:
            with os.fdopen(opened(base, *names), "rb") as file:
                if os.fstat(file.fileno()).st_uid != os.stat(base).st_uid:
                    continue
                told = json.loads(file.read(RECORD_BYTES))
        except (OSError, ValueError, RecursionError):
            continue
        if is_record(told) and isinstance(told.get("host"), str):
            return dict(told)
    return None


def holder(base: str, minute: int) -> str | None:
    """Return the name of the host that a minute, counted from the epoch, belongs to."""
    record = assigned(base)
    if record is None:
        return None
    return record["host"] if minute * MINUTE_SECONDS >= (record.get("from") or 0) else record.get("before")


def assigned_to(base: str, host: str, minute: int) -> bool:
    """Say whether a minute belongs to this host."""
    return holder(base, minute) == host
