"""Colours and marks. Text is coloured last, when its width is known and it will not be cut any more."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from types import MappingProxyType

from msgspec import Struct

# SGR codes (ECMA-48, 8.3.117); the names are those of rich, which draws our tables.
CODES = MappingProxyType(
    {
        "bold": 1,
        "dim": 2,
        "red": 31,
        "green": 32,
        "yellow": 33,
        "blue": 34,
        "magenta": 35,
        "cyan": 36,
        "bright_yellow": 93,
        "bright_blue": 94,
        "bright_magenta": 95,
        "bright_cyan": 96,
    }
)
# For hosts: red and green say how something ended.
HOST_COLOURS = ("cyan", "magenta", "yellow", "bright_blue", "bright_magenta", "bright_cyan", "bright_yellow", "blue")

PAINT = re.compile(r"\x1b\[[\d;]*m")
_CODE = "|".join(str(code) for code in (0, *CODES.values()))
OURS = re.compile(rf"\x1b\[(?:{_CODE})(?:;(?:{_CODE}))*m")  # what `paint` and our tables make


class Style(Struct, frozen=True):
    """How text may look on one stream.

    Attributes:
        colour: whether colours are wanted.
        unicode: whether the stream can show more than ASCII.
    """

    colour: bool = False
    unicode: bool = True

    def paint(self, text: str, look: str = "") -> str:
        """Text in a look such as `bold red`; as it is without colours."""
        if not (self.colour and look and text):
            return text
        return f"\x1b[{';'.join(str(CODES[name]) for name in look.split())}m{text}\x1b[0m"

    @property
    def tick(self) -> str:
        return "✓" if self.unicode else "+"

    @property
    def cross(self) -> str:
        return "✗" if self.unicode else "x"

    @property
    def dot(self) -> str:
        return "·" if self.unicode else "."

    @property
    def arrow(self) -> str:
        return "→" if self.unicode else "->"

    @property
    def spinner(self) -> str:
        """The pictures of something that goes on, a tenth of a second each."""
        return "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" if self.unicode else "|/-\\"


PLAIN = Style()


def host_colours(hosts: Iterable[str]) -> dict[str, str]:
    """A colour for each host, chosen by its name, so that it stays from one command to the next.

    Hosts that are shown together get different colours as long as there are enough.
    """
    colours: dict[str, str] = {}
    free: list[str] = []
    for host in hosts:
        free = free or list(HOST_COLOURS)
        first = zlib.crc32(host.encode()) % len(HOST_COLOURS)
        wanted = (HOST_COLOURS[(first + step) % len(HOST_COLOURS)] for step in range(len(HOST_COLOURS)))
        colours[host] = next(colour for colour in wanted if colour in free)
        free.remove(colours[host])
    return colours
