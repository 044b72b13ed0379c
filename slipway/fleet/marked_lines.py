"""Defines the lines that a host sends: plain ones for people, and marked ones for Slipway.

A marked line begins with the byte 1 and the session's nonce, a random word that only the agent and its scripts know.
So nothing that an app prints can pass for one. Control characters are made harmless in every line.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from slipway.env.dotenv import MASK, Secret

# A program that ends no line, such as one that draws a progress bar, must not fill our memory.
LIMIT = 1 << 20  # bytes

_KINDS = b"ready|busy|absent|refused|alive|done|step|fact|hidden|note|fail|error"
_DONE = re.compile(r"(\d+) (\d+)")
# Tabs, carriage returns (progress bars) and colours pass; whatever else steers a terminal does not.
_STEERS = re.compile(r"(\x1b\[[\d;:]*m)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Line(NamedTuple):
    """One line.

    Attributes:
        kind: `line` for what programs print, else the word after the mark.
        text: what follows that word, or the whole line.
    """

    kind: str
    text: str


def lines(chunks: Iterable[bytes], nonce: str) -> Iterator[Line]:
    """Take apart what arrives; a marker begins a line even where a program left its own last line without an end.

    Args:
        nonce: the word that marked lines carry.
    """
    marker = re.compile(rb"\x01" + re.escape(nonce.encode()) + rb" (?=(?:" + _KINDS + rb")(?: |$))")
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield from _parts(line, marker)
        while len(rest) > LIMIT:
            yield _line(rest[:LIMIT])
            rest = rest[LIMIT:]
    if rest:
        yield from _parts(rest, marker)


def masked(lines: Iterable[Line], secrets: Collection[Secret]) -> Iterator[Line]:
    """The same lines with a mask for each secret in them; of two that overlap the longer one counts."""
    longest = sorted({secret.reveal() for secret in secrets if secret}, key=len, reverse=True)
    for line in lines:
        text = line.text
        for secret in longest:
            text = text.replace(secret, MASK)
        yield line if text is line.text else line._replace(text=text)


def done(line: Line) -> tuple[int, int] | None:
    """Number and exit code of the script that has ended; None if the line says no such thing."""
    match = _DONE.fullmatch(line.text) if line.kind == "done" else None
    return (int(match[1]), int(match[2])) if match else None


def _parts(line: bytes, marker: re.Pattern[bytes]) -> Iterator[Line]:
    found = list(marker.finditer(line)) if b"\x01" in line else []
    if not found or found[0].start():
        yield _line(line[: found[0].start() if found else None])
    for match, end in zip(found, [*(one.start() for one in found[1:]), len(line)], strict=False):
        kind, _, text = line[match.end() : end].decode("utf-8", "replace").partition(" ")
        yield Line(kind, _harmless(text))


def _line(text: bytes) -> Line:
    return Line("line", _harmless(text.decode("utf-8", "replace")))


def _harmless(text: str) -> str:
    """The text with `?` for each control character that could steer a terminal."""
    return text if text.isprintable() else _STEERS.sub(lambda found: found[1] or "?", text)
