"""When a schedule is due: crontab(5), in UTC."""

from __future__ import annotations

import calendar
import random
import time

import pytest

from slipway.remote.schedules.cron import FIELDS, SHORT, due, next_due, read_cron

FRIDAY = calendar.timegm((2026, 11, 20, 13, 15, 0)) // 60


def at(minute: int | None) -> str:
    assert minute is not None
    return time.strftime("%a %Y-%m-%d %H:%M", time.gmtime(minute * 60))


@pytest.mark.parametrize(
    ("cron", "next"),
    [
        ("* * * * *", "Fri 2026-11-20 13:16"),
        ("*/5 * * * *", "Fri 2026-11-20 13:20"),
        ("15 13 * * *", "Sat 2026-11-21 13:15"),
        ("0-30/10 14,16 * * *", "Fri 2026-11-20 14:00"),
        ("0 0 * * mon-fri", "Mon 2026-11-23 00:00"),
        ("0 0 * * 0", "Sun 2026-11-22 00:00"),
        ("0 0 * * 7", "Sun 2026-11-22 00:00"),
        ("0 0 * * 5-7", "Sat 2026-11-21 00:00"),
        ("30 4 1 jan *", "Fri 2027-01-01 04:30"),
        ("0 0 29 2 *", "Tue 2028-02-29 00:00"),
        ("0 0 31 * *", "Thu 2026-12-31 00:00"),
        ("0 0 1 * mon", "Mon 2026-11-23 00:00"),  # one of either, as both are restricted
        ("0 0 1 * */2", "Tue 2026-12-01 00:00"),  # a star is none: the first, if it is a Sunday, Tuesday ...
        ("@hourly", "Fri 2026-11-20 14:00"),
        ("@Daily", "Sat 2026-11-21 00:00"),
        ("@weekly", "Sun 2026-11-22 00:00"),
        ("@yearly", "Fri 2027-01-01 00:00"),
    ],
)
def test_the_next_time(cron: str, next: str) -> None:
    assert at(next_due(read_cron(cron), FRIDAY)) == next


def test_the_next_time_is_the_first_minute_that_is_due() -> None:
    rand = random.Random(7)
    for _ in range(60):
        words = [rand.choice(["*", f"*/{rand.randint(1, 9)}", str(rand.randint(low, high)), f"{low}-{high}"])
                 for _, low, high, _ in FIELDS[:2]]  # fmt: skip
        times = read_cron(" ".join([*words, "*", "*", rand.choice(["*", "1-5", "sat,sun"])]))
        begin = FRIDAY + rand.randint(0, 10**6)
        found = next_due(times, begin)
        assert found == next(minute for minute in range(begin + 1, begin + 10**5) if due(times, minute))


@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("* * * *", "has 4 fields, not 5"),
        ("", "has 0 fields"),
        ("60 * * * *", "minute: '60' is not of 0 to 59"),
        ("* 24 * * *", "hour: '24' is not of 0 to 23"),
        ("* * 0 * *", "day of the month: '0' is not of 1 to 31"),
        ("* * * 13 *", "month: '13' is not of 1 to 12 or jan to dec"),
        ("* * * * 8", "day of the week: '8' is not of 0 to 7 or sun to sat"),
        ("* * * * monday", "day of the week: 'monday'"),
        ("5/15 * * * *", "minute: '5/15' has no step that follows * or a range"),
        ("*/0 * * * *", "minute: '*/0' has no step"),
        ("30-10 * * * *", "minute: '30-10' runs backwards"),
        ("1,,2 * * * *", "minute: '' is not of 0 to 59"),
        ("-1 * * * *", "minute: '-1' is not of 0 to 59"),
        ("٣ * * * *", "minute: '٣' is not of 0 to 59"),
        ("@reboot", "'@reboot' is not one of @yearly"),
        ("0 0 31 2 *", "'0 0 31 2 *' never comes"),
    ],
)
def test_what_is_wrong_is_said(cron: str, why: str) -> None:
    with pytest.raises(ValueError, match=r".*") as error:
        read_cron(cron)
    assert why in str(error.value)


def test_every_short_form_can_be_read() -> None:
    assert all(read_cron(short) == read_cron(long) for short, long in SHORT)
