"""Tell how old the last proved backup is, for `fab status`; records belong to the account that deploys."""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def last_backup(base: str) -> dict[str, Any] | None:
    """Return {proved (epoch of the last proved backup was made at), not_proved, failed}, or None without any backup.

    The last two say why the newest backup is not proved, and why the last attempt since then failed; null otherwise.
    """
    folder = os.path.join(base, "backups")
    try:
        names = sorted(os.listdir(os.path.join(folder, "records")), reverse=True)
    except OSError:
        return None
    told: dict[str, Any] = {"proved": None, "not_proved": None, "failed": None}
    newest = True
    for name in names:
        record = content_of(os.path.join(folder, "records", name)) if name.endswith(".json") else None
        if not record:
            continue
        if record.get("proved"):
            told["proved"] = record["made"]
            break
        if newest:
            told["not_proved"] = record.get("not_proved") or "it was cut off"
        newest = False
    failure = content_of(os.path.join(folder, "last-failure.json"))
    told["failed"] = failure.get("why") if failure else None
    return told


def content_of(path: str) -> dict[str, Any] | None:
    try:
        with open(path, encoding="utf-8") as file:
            return dict(json.load(file))
    except (OSError, ValueError):
        return None
