"""Parse cron expressions and find when a schedule is due: the five fields of crontab(5), in UTC."""

from __future__ import annotations

import calendar
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    Times = tuple[frozenset[int], frozenset[int], frozenset[int], frozenset[int], frozenset[int], bool]

MINUTE = 60  # seconds
LONGEST = 8 * 366  # days: from one 29 February to the next, where a century leaves one out
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("day of the week", 0, 7, DAYS),
)
SHORT = (
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
)


def read_cron(text: str) -> Times:
    """Read the fields: the values of each, and whether day of the month and day of the week are both restricted.

    If they are, a day counts that is one of either, as in crontab(5).

    Raises:
        ValueError: it is no such expression; the text says why.
    """
    words = dict(SHORT).get(text.strip().lower(), text).split()
    if text.strip().startswith("@") and len(words) != 5:
        raise ValueError(f"'{text.strip()}' is not one of {', '.join(name for name, _ in SHORT)}")
    if len(words) != 5:
        raise ValueError(f"has {len(words)} fields, not 5: minute, hour, day of the month, month, day of the week")
    minutes, hours, days, months, weekdays = (values(word, *field) for word, field in zip(words, FIELDS))
    either = not words[2].startswith("*") and not words[4].startswith("*")
    times = (minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either)
    if next_due(times, 0) is None:
        raise ValueError(f"'{text.strip()}' never comes")
    return times


def values(word: str, name: str, low: int, high: int, names: tuple[str, ...]) -> frozenset[int]:
    """Read one field: `*`, `5`, `1-5`, `*/15`, `mon-fri`, several by comma."""
    found: set[int] = set()
    for part in word.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if slash and (not step.isdecimal() or not int(step) or (span != "*" and not dash)):
            raise ValueError(f"{name}: '{part}' has no step that follows * or a range, such as */5 or 0-30/10")
        if span == "*":
            begin, end = low, high if high != 7 else 6
        else:
            begin = number(first, part, name, low, high, names)
            end = number(last, part, name, low, high, names) if dash else begin
        if begin > end:
            raise ValueError(f"{name}: '{part}' runs backwards")
        found.update(range(begin, end + 1, int(step) if slash else 1))
    return frozenset(found)


def number(text: str, part: str, name: str, low: int, high: int, names: tuple[str, ...]) -> int:
    """Read one value: a number, or the name of a month or a day."""
    if text.lower() in names:
        return names.index(text.lower()) + (1 if low else 0)
    if not text.isascii() or not text.isdecimal() or not low <= int(text) <= high:
        known = f" or {names[0]} to {names[-1]}" if names else ""
        raise ValueError(f"{name}: '{part}' is not of {low} to {high}{known}")
    return int(text)


def is_day(times: Times, month: int, day: int, weekday: int) -> bool:
    """Say whether something is due on a day; `weekday` 0 is Sunday."""
    _, _, days, months, weekdays, either = times
    if month not in months:
        return False
    return day in days or weekday in weekdays if either else day in days and weekday in weekdays


def due(times: Times, minute: int) -> bool:
    """Say whether something is due in a minute, counted from the epoch."""
    then = time.gmtime(minute * MINUTE)
    return (
        then.tm_min in times[0]
        and then.tm_hour in times[1]
        and is_day(times, then.tm_mon, then.tm_mday, (then.tm_wday + 1) % 7)
    )


def next_due(times: Times, minute: int) -> int | None:
    """Return the first minute after `minute` in which something is due, None if that is never."""
    moment = minute + 1
    for _ in range(LONGEST):
        then = time.gmtime(moment * MINUTE)
        midnight = calendar.timegm((then.tm_year, then.tm_mon, then.tm_mday, 0, 0, 0)) // MINUTE
        if is_day(times, then.tm_mon, then.tm_mday, (then.tm_wday + 1) % 7):
            rest = moment - midnight
            for at in (60 * hour + min for hour in sorted(times[1]) for min in sorted(times[0])):
                if at >= rest:
                    return midnight + at
        moment = midnight + 24 * 60
    return None
