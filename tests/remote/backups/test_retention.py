"""Which backups stay."""

from __future__ import annotations

from calendar import timegm
from typing import Any

from slipway.remote.backups.retention import kept_backups

NOW = timegm((2026, 11, 27, 12, 0, 0))
DAY = 86400
NONE = {"last": 0, "daily": 0, "weekly": 0, "monthly": 0}


def backup(days: float, proved: bool = True) -> dict[str, Any]:
    made = NOW - days * DAY
    return {"id": f"{days}", "made": made, **({"proved": made} if proved else {})}


def test_the_last_of_each_day_week_and_month_stay() -> None:
    records = [backup(day + part) for day in range(100) for part in (0.1, 0.3)]
    stay = kept_backups(records, {**NONE, "daily": 3}, NOW)
    assert stay == {"0.1", "1.1", "2.1"}
    assert len(kept_backups(records, {**NONE, "weekly": 4}, NOW)) == 4
    assert len(kept_backups(records, {**NONE, "monthly": 3}, NOW)) == 3
    assert len(kept_backups(records, {**NONE, "last": 5}, NOW)) == 5


def test_a_backup_that_was_not_proved_takes_no_place_of_one_that_was() -> None:
    records = [backup(0.1, proved=False), backup(0.2, proved=False), *(backup(day) for day in (5, 6, 7))]
    assert kept_backups(records, {**NONE, "last": 2}, NOW) == {"0.1", "0.2", "5", "6"}


def test_a_backup_that_was_not_proved_goes_after_three_days_but_for_the_newest() -> None:
    assert kept_backups([backup(4, proved=False), backup(5)], {**NONE, "last": 1}, NOW) == {"4", "5"}
    assert kept_backups([backup(1), backup(4, proved=False)], {**NONE, "last": 1}, NOW) == {"1"}


def test_the_newest_proved_backup_always_stays() -> None:
    assert kept_backups([backup(400), backup(500)], NONE, NOW) == {"400"}
