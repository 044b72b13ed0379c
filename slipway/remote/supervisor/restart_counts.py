"""Count how often processes ended by themselves, from supervisord's log.

supervisord writes `exited: NAME (...)` where a process ended that nobody told to, and `stopped: NAME (...)` where
somebody had. Only its log remembers that: its interface knows the present alone.
"""

from __future__ import annotations

import re

EXIT = re.compile(rb"(?m)^[-0-9:, ]+ \w+ exited: (\S+) \(")


def restarts(log: str) -> dict[str, int]:
    """Return how often each process ended by itself, by its name in supervisord, as far back as the logs reach."""
    counts: dict[str, int] = {}
    for path in (log, f"{log}.1", f"{log}.2"):
        try:
            with open(path, "rb") as file:
                found = EXIT.findall(file.read())
        except OSError:
            continue
        for name in found:
            key = name.decode("utf-8", "replace")
            counts[key] = counts.get(key, 0) + 1
    return counts
