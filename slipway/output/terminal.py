"""Finds out what an output stream can do: redraw lines, only append them, or be no terminal at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TextIO

from msgspec import Struct

from slipway.core.printable import without_escapes
from slipway.output.colours import OURS, Style

Size = Callable[[], tuple[int, int]]

USUAL = (80, 24)  # columns and rows, where nobody says otherwise


class Terminal(Struct, frozen=True):
    """A stream, and what may be done with it.

    Attributes:
        live: whether lines may be redrawn in place.
        tty: whether somebody looks at it, so that its width matters.
        size: gives columns and rows as they are now.
    """

    stream: TextIO
    live: bool = False
    tty: bool = False
    style: Style = Style()
    size: Size = lambda: USUAL

    @property
    def columns(self) -> int | None:
        """The width to keep to; None where long lines are no harm (a pipe, a file)."""
        return self.size()[0] if self.tty else None

    def print(self, lines: Iterable[str]) -> None:
        """Write whole lines, in one piece; what would steer a terminal is removed, but for our own colours."""
        kept = OURS if self.style.colour else None
        self.write("".join(f"{without_escapes(line, kept)}\n" for line in lines))

    def write(self, text: str) -> None:
        """Write text; what the stream's encoding lacks is escaped."""
        encoding = self.stream.encoding or "utf-8"
        self.stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self.stream.flush()

    def write_if_read(self, text: str) -> None:
        """Write what nobody needs: a reader that has gone must not end a deploy."""
        with suppress(OSError, ValueError):
            self.write(text)


def terminal(stream: TextIO, environ: Mapping[str, str] | None = None) -> Terminal:
    """Find out what a stream can do.

    Plain lines for pipes and files, for CI, for TERM=dumb, and where NO_COLOR is set (no-color.org).
    FORCE_COLOR colours the lines all the same, as CI systems show colours.
    """
    environ = os.environ if environ is None else environ
    tty = stream.isatty() and not environ.get("CI")
    plain = not tty or bool(environ.get("NO_COLOR")) or environ.get("TERM", "dumb") in ("", "dumb")
    forced = environ.get("FORCE_COLOR", "0") not in ("", "0") and not environ.get("NO_COLOR")
    unicode = "utf" in (stream.encoding or "").lower()
    return Terminal(stream, not plain, tty, Style(forced or not plain, unicode), lambda: _size(stream))


def _size(stream: TextIO) -> tuple[int, int]:
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return USUAL
    return columns or USUAL[0], rows or USUAL[1]
