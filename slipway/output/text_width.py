"""Measures and cuts text by terminal cells."""

from __future__ import annotations

from collections.abc import Iterable

from slipway.output.colours import PAINT, Style

Span = tuple[str, str]  # text without escapes, and its look (see Style.paint)


def width(text: str) -> int:
    """How many cells a text takes; what `paint` added takes none."""
    text = PAINT.sub("", text)
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def clip(text: str, columns: int, style: Style) -> str:
    """Cut a text to a number of cells; an ellipsis says that there was more."""
    if width(text) <= columns:
        return text
    more = "…" if style.unicode else "~"
    if text.isascii():
        return text[: columns - 1] + more if columns > 0 else ""
    from rich.cells import set_cell_size

    return set_cell_size(text, columns - 1) + more if columns > 0 else ""


def fit(spans: Iterable[Span], columns: int, style: Style) -> str:
    """Paint spans side by side, cut where the columns end."""
    painted = []
    for text, look in spans:
        if columns <= 0:
            break
        piece = clip(text, columns, style)
        columns -= width(piece)
        painted.append(style.paint(piece, look))
    return "".join(painted)


def wrap(line: str, columns: int | None) -> list[str]:
    """Break a line between words where it is wider than a terminal; what follows is indented below its text.

    Args:
        columns: cells of the terminal; None: there is none, and the line stays whole.
    """
    if not columns or width(line) <= columns:
        return [line]
    blanks = line[: len(line) - len(line.lstrip())]
    indent = blanks + "  "
    lines, now = [], blanks
    for word in line.split():
        glue = "" if now.strip() == "" else " "
        if glue and width(f"{now} {word}") > columns:
            lines.append(now)
            now, glue = indent, ""
        now += glue + word
    return [*lines, now]


def pad(text: str, columns: int) -> str:
    """Fill a text with blanks up to a number of cells."""
    return text + " " * (columns - width(text))
