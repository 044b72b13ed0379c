"""Shows what was found out about an app from its source: what it is, what it reads, what the inventory lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.core.printable import clean
from slipway.output.colours import PLAIN, Style
from slipway.output.quantities import plural
from slipway.output.table import Cell, Column, table
from slipway.output.terminal import USUAL
from slipway.output.text_width import pad

if TYPE_CHECKING:
    from slipway.operations.describe_app import AppDescription, EnvironmentVariable

LOOKS = {"missing": "bold red", "unfit": "yellow", "set": "green"}.get
ORDER = ("missing", "unfit", "perhaps", "set", "default")
LABEL = 14  # columns
ELLIPSIS = "..."
PLACE = 24  # columns


def app_description(about: AppDescription, style: Style = PLAIN, width: int | None = None) -> list[str]:
    """The whole description, in lines that fit the terminal."""
    lines = [style.paint(f"{about.app} at {about.commit[:7]}", "bold"), ""]
    lines += [f"{pad(name, LABEL)}{clean(told)}" for name, told in about.detected.items()]
    lines += ["", *_variables(about, style, width)]
    if about.inventory:
        lines += [
            "",
            style.paint("inventory.toml lacks", "bold"),
            *(f"  {clean(line)}".rstrip() for line in about.inventory),
        ]
        if any(one.proposed.endswith('""') for one in about.variables):
            lines += ["", "Fill in what is empty. Secrets do not belong into the file: `fab env.set NAME`"]
            lines += ['asks for one, `NAME = { command = "pass show NAME" }` looks one up.']
    label = style.paint("note:", "bold yellow")
    return [*lines, *([""] if about.notes else []), *(f"{label} {clean(note)}" for note in about.notes)]


def _variables(about: AppDescription, style: Style, width: int | None) -> list[str]:
    """One line for each variable: what needs a person comes first."""
    if not about.variables and not about.computed:
        return ["The code reads no environment variables."]
    rows: list[list[Cell]] = [
        [(one.name, "bold"), (one.told, LOOKS(one.state) or ""), _where(one)]
        for one in sorted(about.variables, key=_rank)
    ]
    columns = (Column("environment"), Column("", shrinks=True), Column("read in", narrow=_end_of_path))
    lines = table(columns, rows, style=style, width=width or USUAL[0] if about.variables else None)
    if about.computed:
        places = ", ".join(about.computed[:2]) + (" ..." if len(about.computed) > 2 else "")
        lines.append(f"{plural(len(about.computed), 'place')} more where the name is computed: {clean(places)}")
    return lines


def _end_of_path(where: str) -> str:
    """The end of a place, for a narrow terminal: what has to be done stands before it."""
    end = where if where.count("/") < 2 else f"{ELLIPSIS}/{'/'.join(where.split('/')[-2:])}"
    return end if len(end) <= PLACE else ELLIPSIS + end[len(ELLIPSIS) - PLACE :]


def _where(one: EnvironmentVariable) -> str:
    """Where the code reads it; a value that stands in the source is replaced there on hosts."""
    return one.where if one.read else f"replaces {one.where}"


def _rank(one: EnvironmentVariable) -> tuple[int, str]:
    return ORDER.index(one.state), one.name
