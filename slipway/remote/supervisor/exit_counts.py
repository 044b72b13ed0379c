"""Count how often processes ended by themselves, from supervisord's log.

supervisord writes `exited: NAME (...)` where a process ended that nobody told to, and `stopped: NAME (...)` where
somebody had. Only its log remembers that: its interface knows the present alone.
"""

from __future__ import annotations

import os
import re

from slipway.remote.host.open_untrusted_file import content

LOG_LIMIT = 1 << 25  # bytes; supervisord turns its log over at 5 MB
EXIT = re.compile(rb"(?m)^[-0-9:, ]+ \w+ exited: (\S+) \(")


def restarts(log: str) -> dict[str, int]:
    """Return how often each process ended by itself, by its name in supervisord, as far back as the logs reach."""
    counts: dict[str, int] = {}
    for path in (log, f"{log}.1", f"{log}.2"):
        try:
            found = EXIT.findall(content(LOG_LIMIT, os.path.dirname(path), os.path.basename(path)))
        except OSError:
            continue
        for name in found:
            key = name.decode("utf-8", "replace")
            counts[key] = counts.get(key, 0) + 1
    return counts
