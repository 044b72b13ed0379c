"""Shows how long an operation took, and which phases and steps took most of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.output.colours import Style
from slipway.output.operation_words import Headings

if TYPE_CHECKING:
    from slipway.model.outcome import Outcome


def timetable(outcome: Outcome, about: Headings, style: Style) -> list[str]:
    """A table of the phases, and below each its steps with the host that was slowest at it."""
    from slipway.output.table import Cell, Column, table

    rows: list[list[Cell]] = []
    for name, seconds in outcome.phases.items():
        rows.append([(name, "bold"), (f"{seconds:.2f}", "bold"), f"{_share(seconds, outcome)} %", ""])
        steps = {
            step.name: step.title
            for phase in about.plan.phases
            if phase.name == name
            for it in phase.steps.values()
            for step in it
        }
        for step, title in steps.items():
            times = {host: took[step] for host, took in outcome.steps.items() if step in took}
            if times:
                slowest = max(times, key=lambda host: times[host])
                rows.append([f"  {title}", f"{times[slowest]:.2f}", "", slowest if len(outcome.hosts) > 1 else ""])
    columns = [Column("phase"), Column("seconds", right=True), Column("share", right=True), Column("slowest")]
    return table(columns, rows, style=style)


def _share(seconds: float, outcome: Outcome) -> int:
    return round(100 * seconds / (outcome.seconds or 1))
