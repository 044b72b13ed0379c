"""Give log lines without a timestamp the time of the line before."""

from __future__ import annotations

from slipway.remote.logs.log_files import RotatedLog
from slipway.remote.logs.read_file import LogFile, backward

QUIET = 5.0  # seconds: a file that was written so long after the last time in it holds younger lines without one
REACH = 1 << 20  # bytes from the end in which a time is looked for


def trailing(log: RotatedLog) -> None:
    """Find the lines at the end of a log that carry no time, and the zone of the times that have none."""
    written, reach = 0.0, REACH
    for segment in reversed(log.segments):
        written = written or (segment.written if segment.stop else 0.0)
        for offset, line in backward(segment, segment.stop):
            if log.undated is None:
                log.stamps.learn(line, segment.written)
            at = log.stamps.of(line)
            if at is not None:
                log.undated_written = written if written - at > QUIET else 0.0
                return
            log.undated = (segment, offset)
            reach -= len(line) + 1
            if reach < 0:
                break
        if reach < 0:
            break
    # None of them does, as far as we looked.
    if log.segments:
        log.undated, log.undated_written = (log.segments[0], 0), written


def is_trailing(log: RotatedLog, segment: LogFile, offset: int) -> bool:
    """Say whether a line belongs to those at the end that carry no time, and are younger than the last one."""
    if not log.undated or not log.undated_written:
        return False
    first, begin = log.undated
    if segment is first:
        return offset >= begin
    return segment.number < first.number


def key_of(log: RotatedLog, segment: LogFile, line: bytes, offset: int) -> float:
    """Return the time that holds for a line."""
    at = log.stamps.of(line)
    if at is not None:
        return at
    return log.undated_written if is_trailing(log, segment, offset) else log.key
