"""Shows one-off tasks as a table, for `fab tasks`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

from slipway.output.colours import PLAIN, Style
from slipway.output.quantities import ago, duration
from slipway.output.table import Cell, Column, table

LOOKS = MappingProxyType({"running": "yellow", "succeeded": "green", "failed": "bold red", "lost": "bold red"})
COLUMNS = (
    Column("id"),
    Column("host"),
    Column("state"),
    Column("exit", right=True),
    Column("started"),
    Column("took", right=True),
    Column("by", shrinks=True),
    Column("command", shrinks=True),
    Column("note", shrinks=True),
)


def tasks_table(
    tasks: Mapping[str, Sequence[Mapping[str, Any]]], *, now: datetime | None = None, style: Style = PLAIN,
    width: int | None = None,
) -> list[str]:  # fmt: skip
    """Draw the tasks of all hosts, newest first."""
    now = now or datetime.now(timezone.utc)
    found = [(host, task) for host, some in tasks.items() for task in some]
    found.sort(key=lambda one: (one[1]["started"] or 0, one[1]["id"]), reverse=True)
    rows = [_row(host, task, now) for host, task in found]
    return table(COLUMNS, rows, style=style, width=width) if rows else ["no task yet; `fab run` starts one"]


def _row(host: str, task: Mapping[str, Any], now: datetime) -> list[Cell]:
    started = datetime.fromtimestamp(task["started"], timezone.utc) if task["started"] else None
    return [
        task["id"],
        host,
        (task["state"], LOOKS.get(task["state"], "")),
        "" if task["code"] is None else str(task["code"]),
        ago(started, now) if started else "",
        "" if task["seconds"] is None else duration(task["seconds"]),
        task["who"] or "",
        " ".join(str(task["command"]).split()),
        task["why"] or "",
    ]
