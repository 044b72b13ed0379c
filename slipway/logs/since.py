"""Parses `--since`: a duration such as 30m, or a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from slipway.core.errors import UsageError

SECONDS = MappingProxyType({"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800})
_AGO = re.compile(r"(?:\d+[smhdw])+")
_CLOCK = re.compile(r"\d{1,2}:\d\d(:\d\d)?")


@dataclass(frozen=True)
class Since:
    """From when on.

    Attributes:
        ago: seconds, which each host counts by its own clock. at: epoch. One of the two is None.
    """

    ago: float | None = None
    at: float | None = None


def parse_since(text: str, now: datetime) -> Since:
    """Read `10m`, `1h30m`, `13:45` (the last time it was that late here), `2026-11-20`, `2026-11-20T13:45:58Z`.

    Args:
        now: the time here, with its zone, which is the one of times that name none.

    Raises:
        UsageError: it is none of these.
    """
    text = text.strip()
    if _AGO.fullmatch(text):
        return Since(ago=float(sum(int(count) * SECONDS[unit] for count, unit in re.findall(r"(\d+)(\w)", text))))
    try:
        if _CLOCK.fullmatch(text):
            at = datetime.fromisoformat(f"{now:%Y-%m-%d}T{text.zfill(len('00:00') if text.count(':') == 1 else 8)}")
            at = at.replace(tzinfo=now.tzinfo)
            return Since(at=(at - timedelta(days=1) if at > now else at).timestamp())
        at = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
    except ValueError:
        raise UsageError(
            f"--since={text} is no time", hint="Such as 10m, 2h, 3d, 13:45, 2026-11-20 or '2026-11-20 13:45'."
        ) from None
    return Since(at=(at if at.tzinfo else at.replace(tzinfo=now.tzinfo)).timestamp())
