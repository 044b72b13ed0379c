"""Say which backups stay: the last ones, and the last of each day, week and month."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

UNPROVED = 3 * 86400  # seconds for which a backup stays that was not proved


def kept_backups(records: list[dict[str, Any]], keep: dict[str, int], now: float) -> set[str]:
    """Return the ids of backups that stay.

    Only proved ones count: one that cannot be restored takes nobody's place, and goes after three days, but for the
    newest of all.

    Args:
        keep: {last, daily, weekly, monthly}: of how many of each the last backup stays.
    """
    newest = sorted(records, key=lambda one: one["made"], reverse=True)
    stay = {one["id"] for one in newest[:1]}
    stay |= {one["id"] for one in newest if not one.get("proved") and now - one["made"] < UNPROVED}
    proved = [one for one in newest if one.get("proved")]
    stay |= {one["id"] for one in proved[: max(1, keep["last"])]}
    for name, form in (("daily", "%Y-%m-%d"), ("weekly", "%G-%V"), ("monthly", "%Y-%m")):
        seen: list[str] = []
        for one in proved:
            period = time.strftime(form, time.gmtime(one["made"]))
            if period not in seen and len(seen) < keep[name]:
                seen.append(period)
                stay.add(one["id"])
    return stay
