"""Redraws lines at the bottom of a terminal in place, with nothing to restore if fab is killed."""

from __future__ import annotations

from collections.abc import Sequence

from slipway.output.terminal import Terminal
from slipway.output.text_width import width


class RedrawnLines:
    """Draws over what it drew before, only lines that differ, and all in one write: nothing flickers.

    Between two frames the cursor stands in the first column below the area: it need not be hidden, and a `^C` that
    the terminal shows there does not break a line. No mode of the terminal is ever changed.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._lines: list[str] = []
        self._columns = 0

    def draw(self, lines: Sequence[str], above: Sequence[str] = ()) -> None:
        """Show the lines (each narrower than the terminal); `above` are printed for good over them."""
        columns, _ = self._terminal.size()
        moved = columns != self._columns
        out = [self._back(columns), "\x1b[J" if above else "", *(f"{line}\n" for line in above)]
        before = [] if above or moved else self._lines
        for index, line in enumerate(lines):
            same = index < len(before) and before[index] == line
            out.append("\n" if same else f"\x1b[2K{line}\n")
        if moved or len(before) > len(lines):
            out.append("\x1b[J")
        self._lines, self._columns = list(lines), columns
        self._write("".join(out))

    def clear(self, above: Sequence[str] = ()) -> None:
        """Take the lines away; what follows is printed in their place."""
        out = [self._back(self._terminal.size()[0]), "\x1b[J" if self._lines else "", *(f"{line}\n" for line in above)]
        self._lines = []
        self._write("".join(out))

    def _back(self, columns: int) -> str:
        """To the area's first row. A terminal that became narrower has wrapped our lines into more rows."""
        rows = sum(max(1, -(-width(line) // columns)) for line in self._lines)
        return f"\r\x1b[{rows}A" if rows else ""

    def _write(self, text: str) -> None:
        self._terminal.write_if_read(text)
