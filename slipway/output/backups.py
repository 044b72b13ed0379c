"""Shows backups in a table, and says what became of a backup or a restore."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from slipway.output.colours import PLAIN, Style
from slipway.output.quantities import ago, size
from slipway.output.table import Cell, Column, table

COLUMNS = (
    Column("host"), Column("backup"), Column("made"), Column("proved"), Column("size", right=True), Column("holds"),
    Column("also at", shrinks=True), Column("what for", shrinks=True), Column("by", shrinks=True),
)  # fmt: skip


def backups_table(
    hosts: Mapping[str, Sequence[Mapping[str, Any]]], *, now: datetime | None = None, style: Style = PLAIN,
    width: int | None = None,
) -> list[str]:  # fmt: skip
    """Draw a line for each backup, the newest of each host first."""
    now = now or datetime.now(timezone.utc)
    rows = [_row(host, one, now) for host, each in hosts.items() for one in reversed(each)]
    none = [f"{host}: no backups yet: `fab db.backup` makes one" for host, each in hosts.items() if not each]
    return [*table(COLUMNS, rows, style=style, width=width), *none]


def _row(host: str, one: Mapping[str, Any], now: datetime) -> list[Cell]:
    proved = ("yes", "green") if one.get("proved") else (f"no: {one.get('not_proved') or 'it was cut off'}", "bold red")
    return [
        (host, "bold"),
        one["id"],
        ago(datetime.fromtimestamp(one["made"], timezone.utc), now),
        proved,
        size(one["size"]),
        holds(one),
        ", ".join([*one.get("sent", {}), *(f"not {name}" for name in one.get("not_sent", {}))]),
        one["why"],
        one["who"],
    ]


def holds(one: Mapping[str, Any]) -> str:
    """What a backup holds, in a few words."""
    kinds = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    databases = [f"{kinds.get(each['kind'], each['kind'])} with {each['rows']} rows" for each in one["databases"]]
    files = f"{one['files']} file{'' if one['files'] == 1 else 's'}"
    return ", ".join([*databases, files])


def proof(one: Mapping[str, Any]) -> str:
    """What became of a backup, in one line."""
    what = f"backup {one['id']}: {holds(one)}, {size(one['size'])}"
    if one.get("proved"):
        return f"{what}; proved: it was restored into a scratch database and compared"
    return f"{what}; NOT proved: {one.get('not_proved') or 'it was cut off'}"


def restored(told: Mapping[str, Any], kept: str, host: str) -> list[str]:
    """What became of a restore, and how to undo it."""
    count = told["databases"]
    lines = [
        f"{host}: restored {count} database{'' if count == 1 else 's'}; "
        f"wrote {told['files']} files of shared/, removed {told['removed']}"
    ]
    lines += [
        f"{host}: {path} is the damaged file that was there: run `fab restart --hosts={host}` now, since processes of "
        "the app may still have it open"
        for path in told["damaged"]
    ]
    if count:
        deploy = f"`fab deploy --hosts={host}`"
        lines.append(f"{host}: if the backup is older than migrations that the code needs, {deploy} migrates it now")
    if kept != "none":
        undo = f"fab db.restore --backup={kept} --hosts={host}"
        lines.append(f"{host}: what was there is the backup {kept}; `{undo}` undoes the restore")
    return lines
