"""Measures and cuts text by terminal cells, and removes control characters."""

from __future__ import annotations

import re
from collections.abc import Iterable

from slipway.output.colours import PAINT, Style

# Escape sequences (ECMA-48: OSC and its like to their end, CSI, two-character ones), then other controls.
_ESCAPES = re.compile(r"\x1b(?:[\]PX^_].*?(?:\x07|\x1b\\|$)|\[[0-?]*[ -/]*[@-~]|[ -/]*[0-~])")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")

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


def pad(text: str, columns: int) -> str:
    """Fill a text with blanks up to a number of cells."""
    return text + " " * (columns - width(text))


def clean(text: str) -> str:
    """A line of a host's output as a terminal would leave it: no escapes, and what \\r wrote over is gone."""
    if text.isprintable():
        return text
    text = _ESCAPES.sub("", text).rstrip("\r\n").rpartition("\r")[2]
    return _CONTROLS.sub("", text).expandtabs(8)
