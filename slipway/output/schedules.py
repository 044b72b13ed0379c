"""Shows the app's schedules as a table, as a part of `fab ps`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from slipway.output.colours import PLAIN, Style
from slipway.output.quantities import age, ago, duration
from slipway.output.table import Cell, Column, table

COLUMNS = (
    Column("host"),
    Column("schedule"),
    Column("cron"),
    Column("state"),
    Column("last run"),
    Column("exit", right=True),
    Column("took", right=True),
    Column("next run"),
    Column("command", shrinks=True),
    Column("note", shrinks=True),
)


def schedules_table(
    hosts: Mapping[str, Mapping[str, Any]], *, now: datetime | None = None, style: Style = PLAIN,
    width: int | None = None,
) -> list[str]:  # fmt: skip
    """Draw a line for each schedule on the host that runs it, after an empty one; or say that no host does.

    Args:
        hosts: the fact `ps` of each host, see `slipway.remote.supervisor.ps`.
    """
    now = now or datetime.now(timezone.utc)
    told = {host: each["schedules"] for host, each in hosts.items() if each.get("schedules")}
    here = {host: each for host, each in told.items() if each["here"]}
    stopped = {host for host in here if _stopped(hosts[host])}
    rows = [_row(host, one, now, host in stopped) for host, each in here.items() for one in each["schedules"]]
    if rows:
        return ["", *table(COLUMNS, rows, style=style, width=width)]
    named = {each["assigned"]["host"] for each in told.values() if each["assigned"]}
    if not told:
        return []
    return ["", f"schedules: run on {', '.join(sorted(named))}" if named else "schedules: no host runs them yet"]


def _row(host: str, one: Mapping[str, Any], now: datetime, stopped: bool) -> list[Cell]:
    last, running = one["last"] or {}, one["running"]
    code = last.get("code")
    state = "running" if running else "stopped" if stopped else "waiting"
    return [
        (host, "bold"),
        one["name"],
        one["cron"],
        (state, "green" if running else "yellow" if stopped else ""),
        ago(_time(last["started"]), now) if last else "",
        ("" if code is None else str(code), "bold red" if code else "green"),
        duration(last["seconds"]) if last else "",
        f"in {age(one['next'] - now.timestamp())}" if one["next"] and not stopped else "",
        one["command"],
        (_note(one, now), "yellow"),
    ]


def _note(one: Mapping[str, Any], now: datetime) -> str:
    """Whether a run was cut off, or left out after the last one that ended had begun."""
    if one["cut_off"]:
        return f"a run of {ago(_time(one['cut_off']), now)} was cut off"
    if not one["left_out"] or (one["last"] and one["last"]["started"] > one["left_out"]):
        return ""
    return f"left out {ago(_time(one['left_out']), now)}: the run before went on"


def _stopped(told: Mapping[str, Any]) -> bool:
    """Whether what runs the schedules does not run itself."""
    mine = [one for one in told["processes"] if one["process"] == "schedules" and one["role"] == "current"]
    return not any(one["state"] in ("RUNNING", "STARTING") for one in mine)


def _time(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, timezone.utc)
