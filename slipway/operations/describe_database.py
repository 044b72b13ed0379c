"""Says for `fab detect` which database an app's settings name; a deploy says which one is used in fact."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slipway.detect import Detected
    from slipway.operations.describe_app import EnvironmentVariable

_URL = re.compile(r"(^|_)(DATABASE|DB)_UR[IL]$")


def database(found: Detected, variables: Sequence[EnvironmentVariable]) -> str:
    """Which database the settings name, and which variable says another one; "" where nothing is known."""
    sqlite = f"SQLite: {', '.join(found.databases)}, kept in shared/" if found.databases else ""
    sqlite = sqlite or ("SQLite" if found.sqlite else "")
    url = next((one for one in variables if one.read and _URL.search(one.name)), None)
    if url and url.state == "set":
        return f"as {url.name} says"
    if url:
        usual = sqlite or (f"default {url.default}" if url.default.strip("'\"") else "")
        return f"{url.name} is not set" + (f": {usual}" if usual else "")
    if found.kind == "django" and not found.names_database:
        return "none: the settings name none"
    return sqlite
