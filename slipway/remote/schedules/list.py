"""List the app's schedules on a host: which host runs them, their last runs and their next ones."""

from __future__ import annotations

import os
import time

from slipway.remote.schedules.assigned_host import assigned, holder
from slipway.remote.schedules.cron import MINUTE, next_due, read_cron
from slipway.remote.tasks.process_sessions import read_record, runs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def schedules_of(base: str) -> dict[str, Any] | None:
    """Return None if the current release has no schedules, else
    host: our name in the inventory; assigned: the decision, see `assigned`; here: whether this minute is ours.
    schedules: [{name, cron, command, next (epoch), running (since, epoch), last {started, ended, seconds, code,
        release}, left_out (epoch of the last run that was, since the one before went on), cut_off (beginning of a run
        that a reboot has ended)}]; null where there is none.
    """
    options = read_record(os.path.join(base, "current", "conf"), "schedules.json")
    if options is None:
        return None
    folder = os.path.join(base, "schedules")
    now = int(time.time() // MINUTE)
    here = holder(base, now) == options["host"]
    return {
        "host": options["host"],
        "assigned": assigned(base),
        "here": here,
        "schedules": [
            one(os.path.join(folder, name), name, schedule, now if here else None)
            for name, schedule in options["schedules"].items()
        ],
    }


def one(folder: str, name: str, schedule: dict[str, str], now: int | None) -> dict[str, Any]:
    """Say how one schedule is."""
    running, left = read_record(folder, "running.json"), read_record(folder, "left-out.json")
    alive = running is not None and runs(running)
    if not alive:  # it may have ended just now
        running = read_record(folder, "running.json")
    last = read_record(folder, "last.json")
    upcoming = next_due(read_cron(schedule["cron"]), now) if now is not None else None
    return {
        "name": name,
        **schedule,
        "next": upcoming * MINUTE if upcoming is not None else None,
        "running": running.get("started") if running and alive else None,
        "cut_off": running.get("started") if running and not alive else None,
        "last": last if last and None not in (last.get("started"), last.get("seconds")) else None,
        "left_out": left.get("when") if left else None,
    }
