"""Prefixes lines with the host that they come from: `web1 | text`, with names padded to one width."""

from __future__ import annotations

from collections.abc import Sequence

from slipway.output.colours import Style, host_colours
from slipway.output.text_width import pad, width


class Prefix:
    """Puts a host's name, in its colour, before a line.

    Args:
        hosts: all whose lines may appear together, besides those of this machine.
    """

    def __init__(self, hosts: Sequence[str], style: Style) -> None:
        columns = max(map(width, hosts), default=0)
        colours = host_colours(hosts)
        self._style = style
        self._names = {host: style.paint(f"{pad(host, columns)} |", colours[host]) for host in hosts}

    def __call__(self, host: str, text: str) -> str:
        return f"{self._names.get(host, f'{host} |')} {text}".rstrip(" ")

    def step(self, host: str, title: str) -> str:
        """The line that says that a step begins."""
        return self(host, self._style.paint(f"-- {title}", "bold"))
