"""Reads a script's output line by line until it ends, and makes a Result of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from slipway.env.dotenv import Secret
from slipway.fleet.marked_lines import Line, done
from slipway.model.outcome import Result

# 128 + SIGTERM: what the agent says of a script that it ended for us.
KILLED = 143
SHOWN = 4096  # characters of a line that are kept for a failure's report

Hear = Callable[[str, str], None]


def collect(lines: Iterable[Line], job: int, hear: Hear | None = None) -> Result | None:
    """Read a script's output until it ends.

    Args:
        lines: from here on, from the host.
        job: the script's number; that another one has ended is no news any more.
        hear: is told of each line.

    Returns:
        How it ended, or None if the lines ended first.
    """
    result, started = Result(), time.monotonic()
    for line in lines:
        ended = done(line)
        if ended:
            if ended[0] == job:
                result.code = ended[1]
                _clock(result, started)
                return result
            continue
        if line.kind == "step":
            _clock(result, started)
            result.step, started = line.text, time.monotonic()
            result.forget_output()
        else:
            _note(result, line)
        if hear and line.kind in ("line", "step", "note", "fact"):
            hear(*line)
    return None


def _clock(result: Result, started: float) -> None:
    if result.step:
        result.seconds[result.step] = time.monotonic() - started


def _note(result: Result, line: Line) -> None:
    kind, text = line
    if kind == "line":
        result.hear(text[:SHOWN])
    elif kind == "fact":
        key, _, value = text.partition(" ")
        if key == "changed":
            result.changed.append(value)
        else:
            result.facts[key] = value
    elif kind == "hidden":  # long ones come in parts
        key, _, value = text.partition(" ")
        known = result.hidden.get(key)
        result.hidden[key] = Secret((known.reveal() if known else "") + value)
    elif kind == "note":
        result.notes.append(text)
    elif kind == "fail":
        result.reason = result.reason or text
    elif kind == "error":
        result.command = result.command or text.partition(" ")[2]
