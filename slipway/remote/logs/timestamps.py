"""Parse the timestamp at the start of a log line."""

from __future__ import annotations

import re
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass

_DATE = rb"(?P<y>\d{4})[-/](?P<mo>\d\d)[-/](?P<d>\d\d)[T ](?P<h>\d\d):(?P<mi>\d\d):(?P<s>\d\d)"
_ISO = _DATE + rb"(?:[.,](?P<f>\d{1,9}))? ?(?P<z>Z|[+-]\d\d:?\d\d)?"
_KEYS = rb"(?:@?timestamp|time|ts|asctime|date|datetime|created|created_at)"
# At the beginning, perhaps behind one word such as a level: a date further on belongs to what the line tells.
FIRST = re.compile(rb"[\[(<\"']?(?:[A-Za-z]{2,12}[\])>:]* +[\[(]?)?" + _ISO)
KEYED = re.compile(rb".{0,1000}?\b" + _KEYS + rb"(?:\"? *[:=] *\"?)(?:" + _ISO + rb"|(?P<e>\d{10}(?:\.\d+)?)\b)")
# nginx, Apache and Django's own server.
COMMON = re.compile(
    rb"\[(?P<d>\d\d)/(?P<mo>[A-Z][a-z][a-z])/(?P<y>\d{4})"
    rb"[: ](?P<h>\d\d):(?P<mi>\d\d):(?P<s>\d\d)(?: (?P<z>[+-]\d{4}))?\]"
)
MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
# Further ahead than clocks differ, what looks like a time is none, or of a zone that nobody named.
AHEAD = 60  # seconds
WITHIN = 400  # bytes in which an access log has its time


class Timestamps:
    """Reads the times of one log.

    Args:
        skew: seconds to add to times without a zone, which are otherwise taken to be in the host's own.
    """

    def __init__(self, skew: float = 0.0) -> None:
        self.skew = skew
        self.unzoned = False
        self._text: tuple[object, ...] = ()
        self._time: float | None = None

    def of(self, line: bytes) -> float | None:
        """Return the time (epoch) that a line carries, or None."""
        if line[:1] in (b" ", b"\t", b""):
            return None
        match = FIRST.match(line)
        if match is None:
            if b"time" in line[:1000] or b"ts" in line[:1000] or line[:1] == b"{":
                match = KEYED.match(line)
            match = match or COMMON.search(line, 0, WITHIN)
        if match is None:
            return None
        found = match.groupdict()
        if found.get("e"):
            self.unzoned = False
            return self._sane(float(found["e"]))
        text = (found["y"], found["mo"], found["d"], found["h"], found["mi"], found["s"], found["z"])
        if text != self._text:
            self._text, self._time = text, epoch(found)
        if self._time is None:
            return None
        self.unzoned = not found["z"]
        fraction = float(b"0." + found["f"]) if found.get("f") else 0.0
        return self._sane(self._time + fraction + (self.skew if self.unzoned else 0.0))

    def _sane(self, found: float) -> float | None:
        return found if found < time.time() + AHEAD else None

    def learn(self, line: bytes, written: float) -> None:
        """Find out in which zone the log's times are, from a line of which it is known when it was written.

        Zones differ by quarters of an hour; Django logs in its own TIME_ZONE, wherever the host is.
        """
        found = [match for match in (FIRST.match(line), COMMON.search(line, 0, WITHIN)) if match]
        if not found or found[0]["z"]:
            return
        at = epoch(found[0].groupdict())
        if at is None:
            return
        off = round((written - at) / 900) * 900
        if abs(off) <= 14 * 3600 and abs(written - at - off) < 5:
            self.skew = float(off)


def epoch(found: dict[str, bytes]) -> float | None:
    """Return the time that the parts of a stamp give, to the second; None if there is no such time."""
    month = found["mo"]
    number = int(month) if month.isdigit() else MONTHS.index(month) + 1 if month in MONTHS else 0
    year, day, hour, minute, second = (int(found[key]) for key in ("y", "d", "h", "mi", "s"))
    if not (
        1970 <= year < 2200 and 1 <= number <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second <= 60
    ):
        return None
    zone = found["z"]
    if not zone:
        return time.mktime((year, number, day, hour, minute, second, 0, 0, -1))
    away = 0
    if zone != b"Z":
        away = (int(zone[1:3]) * 60 + int(zone[-2:])) * (-60 if zone[:1] == b"-" else 60)
    return days(year, number, day) * 86400.0 + hour * 3600 + minute * 60 + second - away


def days(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a date of the Gregorian calendar; years begin in March here."""
    year -= month <= 2
    in_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + in_year - 719468
