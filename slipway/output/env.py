"""Shows the environment: where each name comes from, and how hosts differ. It never shows values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from slipway.env.dotenv import MASK
from slipway.output.colours import PLAIN, Style
from slipway.output.quantities import ago, listing
from slipway.output.table import Cell, Column, table

if TYPE_CHECKING:
    from slipway.model.stored_overrides import Count
    from slipway.operations.compare_env import Difference, Variable

VARIABLES = (
    Column("name"), Column("value"), Column("from", shrinks=True), Column("by", shrinks=True), Column("when"),
    Column("note", shrinks=True), Column("only on", shrinks=True),
)  # fmt: skip
DIFFERENCES = (Column("name"), Column("change"), Column("on", shrinks=True))
SCALE = (
    Column("host"), Column("process"), Column("count", right=True), Column("inventory", right=True),
    Column("by", shrinks=True), Column("when"),
)  # fmt: skip
LOOKS = {"added": "green", "removed": "red", "changed": "yellow", "differs": "bold yellow"}.get


def variables_table(
    found: Mapping[str, Sequence[Variable]], *, now: datetime | None = None, style: Style = PLAIN,
    width: int | None = None,
) -> list[str]:  # fmt: skip
    """Draw the names of the environment, each once, with the hosts where they differ."""
    now = now or datetime.now(timezone.utc)
    shared: dict[Variable, list[str]] = {}
    for host, variables in found.items():
        for variable in variables:
            shared.setdefault(variable, []).append(host)
    rows: list[list[Cell]] = [
        [(one.name, "bold"), MASK if one.runs else "", one.origin, one.who, _ago(one.when, now), (one.state, "yellow"),
         ("" if len(hosts) == len(found) else listing(hosts), "yellow")]
        for one, hosts in sorted(shared.items(), key=lambda pair: (pair[0].name, pair[1]))
    ]  # fmt: skip
    return table(VARIABLES, rows, style=style, width=width) if rows else ["the environment is empty"]


def differences_table(
    found: Sequence[Difference], hosts: Sequence[str], *, style: Style = PLAIN, width: int | None = None
) -> list[str]:
    """Draw what the next deploy changes, and where hosts differ."""
    rows: list[list[Cell]] = [
        [(one.name, "bold"), (one.change, LOOKS(one.change) or ""), _where(one, hosts)] for one in found
    ]
    return table(DIFFERENCES, rows, style=style, width=width) or [
        "the environment of every host is what a deploy would bring"
    ]


def scale_table(
    found: Mapping[str, Mapping[str, tuple[int, int, Count | None]]], *, now: datetime | None = None,
    style: Style = PLAIN, width: int | None = None,
) -> list[str]:  # fmt: skip
    """Draw how many of each process run on a host.

    Args:
        found: by host and process: the count, the inventory's, and what was kept.
    """
    now = now or datetime.now(timezone.utc)
    rows: list[list[Cell]] = [
        [(host, "bold"), process, (str(count), "" if count == usual else "yellow"), str(usual),
         one.who if one else "", _ago(one.when, now) if one else ""]
        for host, processes in found.items() for process, (count, usual, one) in processes.items()
    ]  # fmt: skip
    return table(SCALE, rows, style=style, width=width)


def _where(one: Difference, hosts: Sequence[str]) -> str:
    if one.change == "differs":
        return " | ".join(one.hosts)
    return "all" if len(one.hosts) == len(hosts) > 1 else listing(one.hosts)


def _ago(when: str, now: datetime) -> str:
    return ago(datetime.fromisoformat(when), now) if when else ""
