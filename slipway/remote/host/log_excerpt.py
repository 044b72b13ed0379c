"""Chooses the lines of a log that say why something failed: the first exception, and the end."""

from __future__ import annotations

import re

# Lines of a traceback between an import and the file that it imports: half of it, and the same in each.
MACHINERY = '  File "<frozen importlib.'
# What gunicorn says before the traceback of an app that cannot be loaded; earlier ones may have been harmless.
FATAL = "Exception in worker process"
CAUSE_LINES = 8  # that are shown of a traceback, up to its exception
MESSAGE_LINES = 6  # that an exception's message may have besides
_HANDLING = "During handling of the above exception"
_BEGIN = "Traceback (most recent call last)"
# A line that no longer belongs to an exception's message: empty, or what a log, a server or the next program says.
_OTHER = re.compile(
    r"\s*$|\[?\d{4}-\d\d-\d\d|(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\b|Traceback|During handling|The above"
)


def excerpt(lines: list[str], count: int) -> list[str]:
    """Return at most `count` lines: the last ones, and before them the exception, if it is not among them."""
    lines = [line for line in lines if not line.lstrip().startswith(MACHINERY.lstrip())]
    found = _exception(lines)
    if not found or found[0] >= len(lines) - count or len(lines) <= count:
        return lines[-count:]
    begin, end, stop = found
    if end > len(lines) - count:
        return lines[-count:]
    shown = lines[max(begin, end - CAUSE_LINES) : stop]
    return [*shown, "...", *lines[max(stop, len(lines) - max(1, count - 1 - len(shown))) :]]


def _exception(lines: list[str]) -> tuple[int, int, int] | None:
    """Where the traceback begins that matters most, where its exception's line ends, and where its message does.

    An exception while another one was handled says more than that one; its direct cause says more than it does.
    """
    fatal = next((at for at, line in enumerate(lines) if FATAL in line), 0)
    found = _traceback(lines, fatal)
    while found and any(_HANDLING in line for line in lines[found[2] : found[2] + 3]):
        later = _traceback(lines, found[2])
        if later is None:
            break
        found = later
    return found


def _traceback(lines: list[str], start: int) -> tuple[int, int, int] | None:
    begin = next((at for at in range(start, len(lines)) if _BEGIN in lines[at]), None)
    if begin is None:
        return None
    inside = " " * (lines[begin].index(_BEGIN) + 1)
    end = next((at for at in range(begin + 1, len(lines)) if not lines[at].startswith(inside)), len(lines)) + 1
    last = min(end + MESSAGE_LINES, len(lines))
    stop = next((at for at in range(end, last) if _OTHER.match(lines[at])), last)
    return begin, min(end, len(lines)), stop
