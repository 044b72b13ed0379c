"""Removes from text what would steer a terminal: escape sequences and control characters."""

from __future__ import annotations

import re

# Escape sequences (ECMA-48: OSC and its like to their end, CSI, two-character ones), then other controls, among them
# the marks of Unicode that turn the direction of text.
_ESCAPES = re.compile(r"\x1b(?:[\]PX^_].*?(?:\x07|\x1b\\|$)|\[[0-?]*[ -/]*[@-~]|[ -/]*[0-~])")
CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
RESET = "\x1b[0m"


def clean(text: str) -> str:
    """A line of a host's output as a terminal would leave it: no escapes, and what \\r wrote over is gone."""
    if text.isprintable():
        return text
    text = _ESCAPES.sub("", text).rstrip("\r\n").rpartition("\r")[2]
    return CONTROLS.sub("", text).expandtabs(8)


def without_escapes(text: str, kept: re.Pattern[str] | None = None) -> str:
    """A line without escapes and control characters; tabs stay.

    Args:
        kept: escapes that may stay, such as those of our own colours; they end with the line.
    """
    if text.isprintable():
        return text
    if kept is None or not kept.search(text):
        return CONTROLS.sub("", _ESCAPES.sub("", text))
    others = [without_escapes(part) for part in kept.split(text)]
    looks = kept.findall(text)
    looks.append("" if looks[-1] == RESET else RESET)
    return "".join(part + look for part, look in zip(others, looks, strict=True))
