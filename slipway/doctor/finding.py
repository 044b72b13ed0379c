"""Defines Finding: the result of one check of `fab doctor`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Level = Literal["ok", "warning", "failed"]
HERE = "here"  # the place of checks on this machine


class Finding(Struct, frozen=True):
    """What one check has found.

    Attributes:
        place: a host's name, or `HERE`. check: what was looked at, in a word or two.
        level: `failed` makes a deploy fail or a site go down; `warning` may do so later.
        told: what was found, in one line. remedy: what to do about it; for `ok` it is not shown.
    """

    place: str
    check: str
    level: Level
    told: str
    remedy: str = ""
