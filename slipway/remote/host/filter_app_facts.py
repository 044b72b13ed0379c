"""Pass on what a process of the app's user prints: lines for people, and of its facts only those that are asked for.

Runs as the account that deploys, and reads that output from its standard input. The app's user may print anything, so
a fact is taken once, if its name was asked for and its value has the right shape; notes are few and short.

Options:
    facts: {name: shape}: `word` (small letters and dashes), `list` or `object` (JSON).
    mute: take no notes and no reason of a failure either: the account that builds runs nothing that has any to tell.
    sender: see `host.process_output`.
"""

from __future__ import annotations

import json
import os
import signal

from slipway.remote.host.program_io import fact, marked_line, run
from slipway.remote.host.read_output_until_exit import sender_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PIECE = 1 << 16  # bytes
LONGEST_FACT = 4 << 20  # bytes
LONGEST_NOTE = 500  # characters
MOST_NOTES = 20
SHAPES = (("list", list), ("object", dict))
WORD = frozenset("abcdefghijklmnopqrstuvwxyz-")


class PassOn:
    """Takes output piece by piece, and passes it on at once, but for lines that begin with our mark."""

    def __init__(self, facts: dict[str, str], mute: bool = False) -> None:
        self.facts = dict(facts)
        self.notes = 0 if mute else MOST_NOTES
        self.reasons = 0 if mute else 1
        self.rest = b""

    def take(self, data: bytes) -> None:
        """Take a piece."""
        if not self.rest and b"\x01" not in data:
            show_bytes(data)
            return
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.line(line, b"\n")
        if b"\x01" not in self.rest or len(self.rest) > LONGEST_FACT:
            self.end()

    def end(self) -> None:
        """Pass on a last line that has no end."""
        self.line(self.rest, b"")
        self.rest = b""

    def line(self, line: bytes, end: bytes) -> None:
        """Pass on one line; one that is marked is not shown, whether it is taken or not."""
        if not line.startswith(b"\x01"):
            show_bytes(line.replace(b"\x01", b"?") + end)
            return
        kind, _, text = line[1:].decode("utf-8", "replace").partition(" ")
        if kind == "fact":
            self.fact(*text.partition(" ")[::2])
        elif kind == "note" and self.notes:
            self.notes -= 1
            marked_line("note", " ".join(text[:LONGEST_NOTE].split()))
        elif kind == "fail" and self.reasons:
            self.reasons -= 1
            marked_line("fail", " ".join(text[:LONGEST_NOTE].split()))

    def fact(self, name: str, text: str) -> None:
        """Pass on a fact that is wanted, and is what it should be; once."""
        shape = self.facts.get(name)
        if shape is None:
            return
        value: Any = text
        if shape == "word":
            right = 0 < len(text) <= 40 and set(text) <= WORD
        else:
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                return
            right = any(shape == known and isinstance(value, kind) for known, kind in SHAPES)
        if right:
            del self.facts[name]
            fact(name, value)


def show_bytes(data: bytes) -> None:
    """Write all of it."""
    while data:
        data = data[os.write(1, data) :]


def main(options: dict[str, Any]) -> None:
    """Pass on until the app's process has ended; whoever ends it has something to hear from it yet."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    passing_on = PassOn(options["facts"], options.get("mute", False))
    heard = sender_output(options)
    try:
        while data := heard.read1(PIECE):  # type: ignore[attr-defined]
            passing_on.take(data)
        passing_on.end()
    except BrokenPipeError:
        os._exit(1)


if __name__ == "__main__":
    run(main)
