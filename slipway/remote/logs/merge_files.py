"""Merge the lines of all logs of a host, in the order of their times."""

from __future__ import annotations

import heapq

from slipway.remote.logs.log_files import RotatedLog
from slipway.remote.logs.read_file import BLOCK, LogFile
from slipway.remote.logs.undated_lines import key_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Record = tuple[float, RotatedLog, bytes, bytes]

GROUP = 1 << 15  # bytes of lines of the same time that go together


def merged(logs: list[RotatedLog], matches: Callable[[bytes], bool], breathe: Callable[[], None]) -> Iterator[Record]:
    """Give the lines of all logs in the order of their times: (time, log, lines with their ends, places)."""
    return heapq.merge(*(records(log, matches, breathe) for log in logs), key=lambda record: record[0])


def records(log: RotatedLog, matches: Callable[[bytes], bool], breathe: Callable[[], None]) -> Iterator[Record]:
    """Give the history of one log; lines of the same time go together, a traceback with what it belongs to."""
    group: list[bytes] = []
    size = 0
    dropping = bool(log.since)
    before: LogFile | None = None
    for segment in list(log.segments):
        if before is not None:
            before.assign_schedules(segment)
        before = segment
        while segment.pos < segment.stop:
            data = segment.read(min(BLOCK, segment.stop - segment.pos))
            if not data:
                break
            breathe()
            offset = segment.pos - len(segment.rest) - segment.lost
            for line, end in segment.lines(data):
                key = key_of(log, segment, line, offset)
                offset = end
                if key > log.key or size > GROUP:
                    if group:
                        yield log.key, log, b"".join(group), segment.place()
                        group, size = [], 0
                    log.key = max(log.key, key)
                dropping = dropping and log.key < log.since
                segment.done = end
                if not dropping and matches(line):
                    group.append(line + b"\n")
                    size += len(line)
        if group:
            yield log.key, log, b"".join(group), segment.place()
            group, size = [], 0
