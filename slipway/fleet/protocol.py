"""Defines the lines that a host sends: plain ones for people, and marked ones for Slipway."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# A program that ends no line, such as one that draws a progress bar, must not fill our memory.
LIMIT = 1 << 20  # bytes

_KINDS = b"ready|busy|absent|refused|alive|done|step|fact|hidden|note|fail|error"
_MARKER = re.compile(rb"\x01(?=(?:" + _KINDS + rb")(?: |$))")
_DONE = re.compile(r"(\d+) (\d+)")


class Line(NamedTuple):
    """One line.

    Attributes:
        kind: `line` for what programs print, else the word after the mark.
        text: what follows that word, or the whole line.
    """

    kind: str
    text: str


def lines(chunks: Iterable[bytes]) -> Iterator[Line]:
    """Take apart what arrives; a marker begins a line even where a program left its own last line without an end."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield from _parts(line)
        while len(rest) > LIMIT:
            yield _line(rest[:LIMIT])
            rest = rest[LIMIT:]
    if rest:
        yield from _parts(rest)


def done(line: Line) -> tuple[int, int] | None:
    """Number and exit code of the script that has ended; None if the line says no such thing."""
    match = _DONE.fullmatch(line.text) if line.kind == "done" else None
    return (int(match[1]), int(match[2])) if match else None


def _parts(line: bytes) -> Iterator[Line]:
    if b"\x01" not in line:
        yield _line(line)
        return
    starts = [match.start() for match in _MARKER.finditer(line)]
    if not starts or starts[0]:
        yield _line(line[: starts[0] if starts else None])
    for start, end in zip(starts, [*starts[1:], len(line)], strict=False):
        kind, _, text = line[start + 1 : end].decode("utf-8", "replace").partition(" ")
        yield Line(kind, text)


def _line(text: bytes) -> Line:
    return Line("line", text.decode("utf-8", "replace"))
