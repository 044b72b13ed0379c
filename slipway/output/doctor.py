"""Shows what `fab doctor` has found: what is wrong with its remedy first, and how much is well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from slipway.core.printable import clean
from slipway.output.colours import PLAIN, Style
from slipway.output.quantities import plural
from slipway.output.text_width import pad, wrap

if TYPE_CHECKING:
    from slipway.doctor.finding import Finding

LOOKS = MappingProxyType({"failed": "bold red", "warning": "yellow", "ok": "green"})
INDENT = 10  # columns that a line goes on with, so that the level stands out


def findings_table(
    found: Sequence[Finding], *, verbose: bool = False, style: Style = PLAIN, width: int | None = None
) -> list[str]:
    """Draw a line for each finding that is not ok, with its remedy below, and a last line with the counts.

    Args:
        verbose: those that are ok, too.
        width: the terminal's columns; None: nothing is wrapped.
    """
    shown = [one for one in found if verbose or one.level != "ok"]
    order = ("failed", "warning", "ok")
    lines = [line for level in order for one in shown if one.level == level for line in _lines(one, style, width)]
    return [*lines, *([""] if lines else []), _counts(found, verbose, style)]


def _lines(one: Finding, style: Style, columns: int | None) -> Iterator[str]:
    level = pad(one.level, INDENT)
    text = f"{one.place}, {one.check}: {clean(one.told)}"
    room = max(columns - INDENT, 20) if columns else None
    first, *more = wrap(text, room)
    yield style.paint(level, LOOKS[one.level]) + first
    yield from (" " * INDENT + piece for piece in more)
    if one.level != "ok" and one.remedy:
        for number, piece in enumerate(wrap(clean(one.remedy), room and room - 2)):
            yield " " * INDENT + (f"{style.arrow} " if not number else "  ") + piece


def _counts(found: Sequence[Finding], verbose: bool, style: Style) -> str:
    number = {level: sum(one.level == level for one in found) for level in LOOKS}
    if not number["failed"] and not number["warning"]:
        return f"{style.paint('all is well', 'bold green')}: {plural(len(found), 'check')} passed"
    told = [f"{number['failed']} failed", plural(number["warning"], "warning"), f"{number['ok']} ok"]
    return f"{plural(len(found), 'check')}: {', '.join(told)}{'' if verbose else ' (--verbose shows these, too)'}"
