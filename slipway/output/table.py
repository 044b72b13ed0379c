"""Draws tables with aligned columns, by rich, which is imported only when a table is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from msgspec import Struct

from slipway.core.printable import clean
from slipway.output.colours import PLAIN, Style
from slipway.output.text_width import width as cells

if TYPE_CHECKING:
    from rich.text import Text

# Text, or text with its look (see Style.paint).
Cell = str | tuple[str, str]

UNBOUND = 10_000  # columns
GAP = 2  # blanks between columns


class Column(Struct, frozen=True):
    """One column.

    Attributes:
        title: its heading.
        right: whether it is aligned to the right, as numbers are.
        shrinks: whether it is the first to be cut where the terminal is narrow.
        narrow: makes its cells shorter where the whole table does not fit, such as to the commit of a release's id.
    """

    title: str
    right: bool = False
    shrinks: bool = False
    narrow: Callable[[str], str] | None = None


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, style: Style = PLAIN, width: int | None = None
) -> list[str]:
    """Draw a table.

    Args:
        rows: a cell for each column.
        width: cells of the terminal, to which lines are cut; None: nothing is cut, as for a pipe.

    Returns:
        The heading and a line for each row; nothing if there are none. Columns of empty cells are left out.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return []
    rows = narrowed(columns, rows, width)
    used = [index for index in range(len(columns)) if any(_text(row[index]) for row in rows)]
    drawn = Table(box=None, pad_edge=False, show_edge=False, padding=(0, GAP, 0, 0), header_style="dim")
    for index in used:
        column = columns[index]
        drawn.add_column(
            Text(column.title, no_wrap=True), justify="right" if column.right else "left", no_wrap=not column.shrinks
        )
    for row in rows:
        drawn.add_row(*(_drawn(row[index], style) for index in used))
    out = StringIO()
    console = Console(
        file=out,
        width=width or UNBOUND,
        height=25,
        color_system="standard" if style.colour else None,
        force_terminal=style.colour,
        legacy_windows=False,
        _environ={},
    )
    console.print(drawn, crop=False)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def narrowed(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int | None) -> Sequence[Sequence[Cell]]:
    """The rows with shorter cells, if they are wider than the terminal."""
    if not width or natural_width(columns, rows) <= width:
        return rows
    return [[_narrowed(cell, column) for cell, column in zip(row, columns, strict=True)] for row in rows]


def natural_width(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> int:
    """How many cells wide a table is of which nothing is cut."""
    widest = [max((cells(_text(row[index])) for row in rows), default=0) for index in range(len(columns))]
    used = [max(most, cells(column.title)) for most, column in zip(widest, columns, strict=True) if most]
    return sum(used) + GAP * max(len(used) - 1, 0)


def _narrowed(cell: Cell, column: Column) -> Cell:
    if column.narrow is None:
        return cell
    return column.narrow(cell) if isinstance(cell, str) else (column.narrow(cell[0]), cell[1])


def _drawn(cell: Cell, style: Style) -> Text:
    from rich.text import Text

    look = "" if isinstance(cell, str) else cell[1]
    return Text(_text(cell), look, no_wrap=True, overflow="ellipsis" if style.unicode else "crop")


def _text(cell: Cell) -> str:
    return clean(cell if isinstance(cell, str) else cell[0])
