"""Decides which host runs the schedules.

A fleet is all hosts of the inventory that belong together: those that share a group, or share one with a host that
shares one, and run an app of the same name. Without groups it is all hosts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from msgspec import Struct

from slipway.inventory import Host

AHEAD = 45  # seconds that hosts have to hear of a decision before it is in effect
MINUTE = 60

Record = Mapping[str, Any]


class ScheduleDecision(Struct, frozen=True):
    """Who runs the schedules of a fleet from now on.

    Attributes:
        record: what every host keeps, see `slipway.remote.schedules.assigned_host`; None if the fleet has no schedules.
        tell: names of the selected hosts that do not know it yet.
        left: the record of a host that is no longer in the inventory, and may still run them; None if there is none.
        note: what people should know, "" if that is nothing.
    """

    record: Record | None
    tell: tuple[str, ...] = ()
    left: Record | None = None
    note: str = ""


def fleets(hosts: Sequence[Host]) -> list[list[Host]]:
    """Sort all hosts of an inventory into fleets, each in the order of the file."""
    found: list[list[Host]] = []
    for host in hosts:
        mine = [fleet for fleet in found if any(_together(host, other) for other in fleet)]
        found = [fleet for fleet in found if fleet not in mine]
        found.append([host, *(other for fleet in mine for other in fleet)])
    return [[host for host in hosts if host in fleet] for fleet in found]


def _together(one: Host, other: Host) -> bool:
    if one.app.name != other.app.name:
        return False
    return bool(set(one.groups) & set(other.groups)) or not (one.groups or other.groups)


def candidates(fleet: Sequence[Host]) -> list[Host]:
    """The hosts that may run the schedules, the one that should first."""
    able = [host for host in fleet if host.app.enabled_schedules]
    meant = next((host.app.scheduler for host in able if host.app.scheduler), None)
    named = [host for host in able if meant in (host.name, *host.groups, *host.roles)]
    return [*named, *(host for host in able if host not in named)]


def valid(told: object) -> Record | None:
    """A decision as a host has told it; None if it is none, whatever else it may be."""
    if not isinstance(told, dict) or not isinstance(told.get("host"), str) or not told["host"]:
        return None
    numbers = all(
        isinstance(told.get(key), (int, float)) and not isinstance(told[key], bool) and isfinite(told[key])
        for key in ("from", "decided")
    )
    before = told.get("before")
    return told if numbers and (before is None or isinstance(before, str)) else None


def newest(records: Iterable[Record | None]) -> Record | None:
    """The last decision that was made."""
    return max((record for record in records if record), key=lambda record: float(record["decided"]), default=None)


def decide(
    fleet: Sequence[Host], records: Mapping[str, Record | None], missing: Collection[str], now: float, who: str
) -> ScheduleDecision:
    """Decide which host runs the schedules of a fleet.

    It is the first one of its `candidates`. But where only a part of the fleet is deployed to, nothing is taken away
    from a host that is not a part of it: it would not hear of that, and go on.

    Args:
        records: what each host that was deployed to knows.
        missing: hosts that were left out since they cannot be reached.
        now: seconds since the epoch.
    """
    able = candidates(fleet)
    if not records or not able:
        return ScheduleDecision(None)
    members = {host.name for host in fleet}
    known = newest(records.values())
    before = str(known["host"]) if known else None
    if before in members and before not in records and before not in missing:
        return _told(known, records)  # it would not hear of it
    first = next((host for host in able if host.name not in missing), able[0])
    if before in records and first.name not in records:
        return _told(known, records)  # whose turn it is would not hear of it
    if before == first.name:
        return _told(known, records)
    if first.name not in records:
        note = f"schedules are to run on {first.name}: they do as soon as it has been deployed to"
        return ScheduleDecision(_record(first, None, 0, 0, who), tuple(records), note=note)
    left = known if before and before not in members else None
    soon = (int((now + AHEAD) // MINUTE) + 1) * MINUTE
    reached = before if before in records or left else None  # both know from when on, then
    record = _record(first, reached, soon if reached else 0, now, who)
    if before is None:
        return ScheduleDecision(record, tuple(records))
    note = f"schedules run on {first.name} from now on, no longer on {before}"
    if before in missing:
        note += f"; should {before} come back, deploy to it: it does not know, and runs them, too"
    return ScheduleDecision(record, tuple(records), left, note)


def _record(host: Host, before: str | None, since: float, decided: float, who: str) -> Record:
    return {
        "host": host.name,
        "from": since,
        "before": before,
        "decided": decided,
        "who": who,
    }


def _told(known: Record | None, records: Mapping[str, Record | None]) -> ScheduleDecision:
    return ScheduleDecision(known, tuple(name for name, record in records.items() if record != known))


def stale(records: Mapping[str, Record | None]) -> list[str]:
    """Hosts that believe to run the schedules, by a decision that a later one has replaced."""
    last = newest(records.values())
    if last is None:
        return []
    return [name for name, record in records.items() if record and record["host"] == name != last["host"]]
