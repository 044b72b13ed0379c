"""Shows the processes of the app on each host as a table, for `fab ps`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from slipway.model.release import short_id
from slipway.output.colours import PLAIN, Style
from slipway.output.quantities import age, size
from slipway.output.schedules import schedules_table
from slipway.output.status_findings import RESTARTING
from slipway.output.table import Cell, Column, table

# What supervisord calls the state of a process (supervisord.org/subprocess.html), and MISSING.
LOOKS = MappingProxyType({"RUNNING": "green", "STARTING": "yellow", "STOPPING": "yellow", "STOPPED": "dim"})
ROLES = ("current", "standby", "old")
OVER = frozenset({"STOPPED", "EXITED"})  # of interest only for the current release
COLUMNS = (
    Column("host"),
    Column("process"),
    Column("release", shrinks=True, narrow=short_id),
    Column("state"),
    Column("pid", right=True),
    Column("up", right=True),
    Column("memory", right=True),
    Column("cpu", right=True),
    Column("restarts", right=True),
    Column("note", shrinks=True),
)


def ps_table(
    hosts: Mapping[str, Mapping[str, Any]], *, style: Style = PLAIN, width: int | None = None
) -> list[str]:  # fmt: skip
    """Draw a line for each process: those of the current release first.

    Args:
        hosts: the fact `ps` of each host, see `slipway.remote.supervisor.ps`.
    """
    rows = [row for host, told in hosts.items() for row in _rows(host, told)]
    lines = table(COLUMNS, rows, style=style, width=width)
    lines += schedules_table(hosts, style=style, width=width)
    lines += [line for host, told in hosts.items() for line in _limits(host, told["limits"])]
    if any(one.get("measure") == "rss" for told in hosts.values() for one in told["processes"]):
        lines.append("memory: resident; pages that processes share are counted for each of them")
    return lines


def _limits(host: str, limits: Mapping[str, Any]) -> Iterator[str]:
    """What the kernel lets the app have on a host, and how much of it is used."""
    told = []
    if limits["memory_most"]:
        told.append(f"memory {size(limits['memory'] or 0)} of {size(limits['memory_most'])}")
    if limits["cpu_most"]:
        told.append(f"cpu {limits['cpu_most']} % at most")
    if told:
        yield f"limits on {host}: {', '.join(told)}"


def _rows(host: str, told: Mapping[str, Any]) -> list[list[Cell]]:
    there = (one for one in told["processes"] if one["role"] == "current" or one["state"] not in OVER)
    found = sorted(there, key=lambda one: (ROLES.index(one["role"]), one["process"] != "web"))
    note = told["supervisord"] or ("" if told["current"] else "nothing deployed yet")
    rows = [_row(one) for one in found] or [[""] * (len(COLUMNS) - 2) + [(note, "yellow")]]
    if note and found:
        rows[0][-1] = (note, "yellow")
    return [[(host if not number else "", "bold"), *row] for number, row in enumerate(rows)]


def _row(one: Mapping[str, Any]) -> list[Cell]:
    state = "draining" if one["state"] == "STOPPING" and one["role"] != "current" else one["state"].lower()
    return [
        one["name"],
        one["release"],
        (state, LOOKS.get(one["state"], "bold red")),
        str(one["pid"] or ""),
        "" if one["uptime"] is None else age(one["uptime"]),
        "" if one["memory"] is None else size(one["memory"]),
        "" if one["cpu"] is None else f"{one['cpu']:.0f} %",
        (str(one["restarts"]), "yellow" if one["restarts"] else ""),
        "; ".join(_notes(one)),
    ]


def _notes(one: Mapping[str, Any]) -> Sequence[str]:
    notes = [] if one["role"] == "current" else [one["role"]]
    if one.get("stopped"):
        notes.append(f"stopped by {one['stopped']}")
    if one["state"] == "MISSING":
        notes.append("supervisord does not know it: `fab start` starts it")
    if one.get("exits", 0) > 1 and one["role"] == "current" and (one["uptime"] or 0) < RESTARTING:
        notes.append(f"keeps ending: {one['exits']} times in the last 10 minutes")
    if one["state"] in ("EXITED", "FATAL", "BACKOFF"):
        notes.append(" ".join(str(one["why"] or f"exit code {one['exit']}").split()))
    return notes
