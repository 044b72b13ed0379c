"""Defines a download: what a command on a host prints is brought here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from slipway.core.shell import Script


class Download(Struct, frozen=True):
    """What is brought here once the script of its step has ended well.

    Attributes:
        command: prints it. take: keeps it; gets it in pieces.
    """

    command: Script
    take: Callable[[Iterable[bytes]], None]
