"""Writes numbers, sizes and lists as people say them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds


def duration(seconds: float) -> str:
    """A measured time, as exact as is of use: `0.42 s`, `12.3 s`, `2 min 05 s`, `3 h 10 min`."""
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE:02} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE:02} min"


def age(seconds: float) -> str:
    """A span of time in its largest unit: `12 s`, `3 min`, `5 h`, `4 days`."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < 2 * DAY:
        return f"{whole // HOUR} h"
    return f"{whole // DAY} days"


def ago(then: datetime, now: datetime) -> str:
    """How long ago something was, such as `3 min ago`; `just now` also where the clocks differ a little."""
    seconds = (now - then).total_seconds()
    return "just now" if seconds < 5 else f"{age(seconds)} ago"


def size(amount: int) -> str:
    """Bytes in binary units: `512 B`, `1.5 GiB`, `37 GiB`."""
    value, unit = float(amount), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1023.5:
            break
        value, unit = value / 1024, larger
    return f"{value:.1f} {unit}" if unit != "B" and value < 9.95 else f"{value:.0f} {unit}"


def plural(count: int, noun: str) -> str:
    """`1 host`, `2 hosts`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listing(names: Sequence[str], limit: int = 8) -> str:
    """Names by comma; where there are many, the first ones and how many more."""
    if len(names) <= limit:
        return ", ".join(names)
    return f"{', '.join(names[: limit - 1])} and {len(names) - limit + 1} more"
