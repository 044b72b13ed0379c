"""Read how processes ended by themselves lately, from supervisord's log."""

from __future__ import annotations

import os
import re
import time

from slipway.remote.host.open_untrusted_file import opened

TAIL = 65536
EXITED = re.compile(r"(?m)^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ \w+ exited: (\S+) \(([^;)]*)")


def recent_exits(log: str, within: float) -> dict[str, list[str]]:
    """Return how each process ended, every time that nobody had told it to, by its name in supervisord.

    Args:
        log: supervisord's log; the app may write in its folder, so nothing but a plain file is read.
        within: seconds before now that count.
    """
    try:
        number = opened(os.path.dirname(log), os.path.basename(log))
    except OSError:
        return {}
    with open(number, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
        text = file.read(TAIL).decode("utf-8", "replace")
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() - within))
    found: dict[str, list[str]] = {}
    for when, name, how in EXITED.findall(text):
        if when >= since:
            found.setdefault(name, []).append(how)
    return found
