"""Read how often workers of gunicorn died lately, from what their master has written into its log.

The master lives on and starts others, so supervisord notices nothing of it. The log is the app's own: what it says
counts for no more than what the app says of itself.
"""

from __future__ import annotations

import os
import re
import time

from slipway.remote.host.open_untrusted_file import opened

LOG_TAIL = 1 << 22  # bytes
MOST_DEATHS = 100
DIED = re.compile(
    rb"(?m)^\[([-0-9]{10} [0-9:]{8}) ([+-])(\d\d)(\d\d)\] \[\d+\] \[(?:WARNING|ERROR)\] Worker "
    rb"(?:\(pid:\d+\)|with pid \d+) "
    rb"(?:was sent SIG(\w{1,9})|was terminated due to signal (\d{1,2})|exited with code (\d{1,3}))"
)


def worker_deaths(log: str, since: float) -> list[str]:
    """Return how each worker ended that died since then (epoch), the last one last: `SIGKILL`, `exit code 1`."""
    try:
        number = opened(os.path.dirname(log), os.path.basename(log))
    except OSError:
        return []
    with open(number, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_TAIL))
        text = file.read(LOG_TAIL)
    found = []
    for when, sign, hours, minutes, name, signal, code in DIED.findall(text):
        zone = (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == b"-" else 1)
        begin = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(since + zone))
        if when.decode() >= begin:
            found.append(how(name.decode("ascii", "replace"), int(signal or 0), int(code or 0)))
    return found[-MOST_DEATHS:]


def how(name: str, signal: int, code: int) -> str:
    """Say how a worker ended."""
    if name or signal:
        return "SIGKILL" if signal == 9 else f"SIG{name}" if name else f"signal {signal}"
    return f"exit code {code}"
