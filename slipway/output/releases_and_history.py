"""Shows releases and history as tables: each entry once, with the hosts where they differ."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from slipway.model.release import short_id
from slipway.output.colours import PLAIN, Style
from slipway.output.quantities import ago, duration, listing
from slipway.output.table import Cell, Column, table

RELEASES = (
    Column("release"), Column("state"), Column("deployed"), Column("by", shrinks=True), Column("ref", shrinks=True),
    Column("commit", shrinks=True), Column("only on", shrinks=True),
)  # fmt: skip
HISTORY = (
    Column("when"), Column("what"), Column("release", narrow=short_id), Column("outcome"), Column("took", right=True),
    Column("by", shrinks=True), Column("about", shrinks=True), Column("only on", shrinks=True),
)  # fmt: skip
# What the record of every operation has, in this order; None where there is no such thing: a provision has no commit.
KEYS = (
    "operation", "outcome", "when", "seconds", "who", "by", "release", "left", "commit", "tree", "dirty", "ref",
    "subject", "from", "commits", "taken_back", "kind", "env", "strategy", "id", "detached", "command",
    "message", "retry_after",
)  # fmt: skip


class Shared(NamedTuple):
    """A record, and the hosts that have it."""

    record: Mapping[str, Any]
    hosts: list[str]


def merged(records: Mapping[str, Sequence[Mapping[str, Any]]], keys: Sequence[str]) -> list[Shared]:
    """Records of all hosts, the same one only once, in the order of their last key.

    Args:
        records: those of each host by its name.
        keys: what makes two records the same; the last one is sorted by, the newest first.
    """
    found: dict[str, Shared] = {}
    for host, each in records.items():
        for record in each:
            name = json.dumps([record.get(key) for key in keys])
            found.setdefault(name, Shared(record, [])).hosts.append(host)
    return sorted(found.values(), key=lambda shared: str(shared.record.get(keys[-1])), reverse=True)


def whole(record: Mapping[str, Any]) -> dict[str, Any]:
    """One operation of the history for other programs: whatever the operation, it has all of KEYS and `skipped`."""
    return {**dict.fromkeys(KEYS), "skipped": [], "allow": [], **record}


def releases_table(
    records: Mapping[str, Sequence[Mapping[str, Any]]], *, now: datetime | None = None, style: Style = PLAIN,
    width: int | None = None,
) -> list[str]:  # fmt: skip
    """Draw the releases of a fleet, newest first."""
    now = now or datetime.now(timezone.utc)
    rows = []
    for record, hosts in merged(records, ("current", "standby", "left", "release")):
        state = "current" if record["current"] else "left" if record["left"] else "standby" if record["standby"] else ""
        look = {"current": "bold green", "left": "yellow"}.get(state, "")
        rows.append(
            [record["release"], (state, look), _when(record, now), record.get("who", ""), record.get("ref", ""),
             record.get("subject", ""), _only(hosts, records)]
        )  # fmt: skip
    return table(RELEASES, rows, style=style, width=width) if rows else ["no release yet; `fab deploy` makes one"]


def history_table(
    records: Mapping[str, Sequence[Mapping[str, Any]]], *, now: datetime | None = None, style: Style = PLAIN,
    width: int | None = None,
) -> list[str]:  # fmt: skip
    """Draw the operations of a fleet, newest first."""
    now = now or datetime.now(timezone.utc)
    rows = []
    for record, hosts in merged(records, ("operation", "release", "outcome", "who", "id", "command", "when")):
        outcome = str(record.get("outcome") or "")
        seconds = record.get("seconds")
        rows.append(
            [_when(record, now), record.get("operation") or "", record.get("release") or "",
             (outcome, "green" if outcome == "ok" else "bold red"), duration(seconds) if seconds is not None else "",
             record.get("who") or "", _about(record), _only(hosts, records)]
        )  # fmt: skip
    return table(HISTORY, rows, style=style, width=width) if rows else ["nothing has happened yet"]


def _about(record: Mapping[str, Any]) -> str:
    if record.get("left"):
        return f"left {record['left']}"
    return " ".join(str(record.get("message") or record.get("subject") or "").split())


def _when(record: Mapping[str, Any], now: datetime) -> Cell:
    try:
        return ago(datetime.fromisoformat(str(record["when"])), now)
    except (KeyError, ValueError, TypeError):  # a time without a zone is no moment
        return ""


def _only(hosts: Sequence[str], records: Mapping[str, object]) -> Cell:
    return ("" if len(hosts) == len(records) else listing(hosts), "yellow")
