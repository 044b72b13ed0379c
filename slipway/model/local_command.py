"""Defines LocalCommand: a command of the user's that runs on this machine between two phases of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

HERE = "here"  # what stands in the place of a host's name, where something went wrong on this machine


class LocalCommand(Struct, frozen=True):
    """A command line for `sh`.

    Attributes:
        env: variables that it gets besides those of this machine's environment.
        folder: where it runs. timeout: seconds, after which it is ended and has failed.
    """

    command: str
    env: Mapping[str, str]
    folder: Path
    timeout: int
