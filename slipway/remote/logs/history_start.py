"""Find where in each log the history starts that a user asked for."""

from __future__ import annotations

import heapq
import os
from collections import deque

from slipway.remote.logs.log_files import RotatedLog
from slipway.remote.logs.read_file import BLOCK, CompressedLogFile, LogFile, backward, last_end
from slipway.remote.logs.undated_lines import REACH, is_trailing, trailing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Matches = Callable[[bytes], bool]

UNTIMED = 100  # lines that are shown for `since` of a log whose lines carry no times
SLACK = 5.0  # seconds by which lines may be out of order


def begin(
    logs: list[RotatedLog],
    lines: int | None,
    since: float | None,
    matches: Matches,
    breathe: Callable[[], None],
) -> None:
    """Set every log to where its history begins.

    Args:
        lines: how many of the last lines of all logs together; None for as many as `since` says.
        since: epoch.
        matches: whether a line counts.
    """
    found: list[tuple[float, int, int, RotatedLog, LogFile, int]] = []
    for log in logs:
        trailing(log)
        timed = log.undated is None or log.undated != (log.segments[0], 0)
        count = lines
        if since is not None:
            log.since = since
            if lines is None and timed:
                start_since(log, since)
                continue
            count = UNTIMED if lines is None else lines
        last = newest(log, count or 0, since, matches, breathe)
        place = [(key, -at, 0, log, segment, offset) for at, (key, segment, offset) in enumerate(last)]
        if since is not None and lines is None:
            start(log, place)
        else:
            found += place
    if lines is not None:
        kept = heapq.nlargest(lines, found, key=lambda place: place[:2])
        for log in logs:
            start(log, [place for place in kept if place[3] is log])


def start(log: RotatedLog, places: list[tuple[float, int, int, RotatedLog, LogFile, int]]) -> None:
    """Begin a log at the first of some lines; at its end if there are none."""
    if places:
        first = min(places, key=lambda place: place[1])
        start_at(log, first[4], first[5])
        log.key = first[0]
    else:
        last = log.segments[-1] if log.segments else None
        if last:
            start_at(log, last, last_end(last, last.stop))


def start_at(log: RotatedLog, segment: LogFile, offset: int) -> None:
    """Begin a log in one of its files; what comes before counts as given out."""
    at = log.segments.index(segment)
    for number, other in enumerate(log.segments):
        other.go(other.stop if number < at else offset if number == at else 0)
    if not offset and at:
        # The file may begin in the middle of a line.
        before = log.segments[at - 1]
        if not isinstance(before, CompressedLogFile):
            before.go(last_end(before, before.stop))


def newest(
    log: RotatedLog, count: int, since: float | None, matches: Matches, breathe: Callable[[], None]
) -> list[tuple[float, LogFile, int]]:
    """Return the last lines of a log that count, newest first: time, file, and where each begins."""
    found: list[tuple[float, LogFile, int]] = []
    pending = 0  # of the last ones in `found`, how many have no time yet
    read = 0
    for segment in files(log, lambda: len(found) < count):
        packed = isinstance(segment, CompressedLogFile)
        given = unpacked(segment, count, matches) if packed else backward(segment, segment.stop)
        for offset, line in given:
            key = log.stamps.of(line)
            trails = key is None and is_trailing(log, segment, offset)
            if key is not None or trails:
                for at in range(len(found) - pending, len(found)):
                    found[at] = (key if key is not None else log.undated_written, *found[at][1:])
                pending = 0
            if since is not None and key is not None and key < since - SLACK:
                return found
            read += len(line)
            if len(found) < count and matches(line):
                found.append(
                    (key if key is not None else log.undated_written if trails else segment.written, segment, offset)
                )
                pending += key is None and not trails
            if len(found) >= count and (not pending or read > REACH):
                return found
            if read % 64 == 0:
                breathe()
    return found


def files(log: RotatedLog, more: Callable[[], bool]) -> Iterator[LogFile]:
    """Give the files of a log, newest first; compressed ones are opened only if more is wanted."""
    yield from list(reversed(log.segments))
    for number, path in reversed(log.packed):
        if not more():
            return
        try:
            segment = CompressedLogFile(path, number)
        except OSError:
            continue
        log.segments.insert(0, segment)
        yield segment


def unpacked(segment: LogFile, count: int, matches: Matches) -> Iterator[tuple[int, bytes]]:
    """Give the last lines that count of a compressed file, from its end."""
    found: deque[tuple[int, bytes]] = deque(maxlen=count)
    offset = 0
    for data in iter(lambda: segment.read(BLOCK), b""):
        for line, end in segment.lines(data):
            if matches(line):
                found.append((offset, line))
            offset = end
    segment.go(0)
    segment.stop = offset
    yield from reversed(found)


def start_since(log: RotatedLog, since: float) -> None:
    """Begin a log where its times reach `since`, or a little before."""
    for number, path in log.packed:
        if os.stat(path).st_mtime >= since:
            log.segments.insert(
                len(log.segments) - sum(1 for s in log.segments if s.number < number),
                CompressedLogFile(path, number),
            )
    log.segments.sort(key=lambda segment: -segment.number)
    for segment in log.segments:
        if segment.written >= since:
            start_at(
                log,
                segment,
                0 if isinstance(segment, CompressedLogFile) else reached(log, segment, since),
            )
            return
    start(log, [])


def reached(log: RotatedLog, segment: LogFile, since: float) -> int:
    """Return where a file's times reach `since`, to a block: times are taken to grow."""
    low, high = 0, segment.stop // BLOCK
    while low < high:
        middle = (low + high) // 2
        at = first_time(log, segment, middle * BLOCK)
        if at is not None and at < since - SLACK:
            low = middle + 1
        else:
            high = middle
    return last_end(segment, max(0, low - 1) * BLOCK)


def first_time(log: RotatedLog, segment: LogFile, offset: int) -> float | None:
    """Return the first time in the lines after some place."""
    for line in segment.at(offset, 4 * BLOCK).split(b"\n")[1 if offset else 0 : -1]:
        at = log.stamps.of(line)
        if at is not None:
            return at
    return None


def resume(log: RotatedLog, places: list[list[int]] | None, seen: float) -> bool:
    """Set a log to where the other side has it from an earlier connection.

    Args:
        places: [inode, offset, proof] of its files; None if it was not there then.
        seen: when the other side heard of it last, in the host's time.

    Returns:
        Whether everything that came since is there.
    """
    if not places:
        for segment in log.segments:
            segment.go(segment.stop if segment.written < seen - SLACK else 0)
        return True
    known = {inode: (offset, proof) for inode, offset, proof in places}
    matched = False
    for segment in log.segments:
        offset, proof = known.get(segment.inode, (-1, 0))
        if 0 <= offset <= segment.stop and segment.proof(offset) == proof:
            segment.go(offset)
            matched = True
        elif not matched:
            segment.go(segment.stop)
    if matched or not log.segments:
        return True
    for segment in log.segments:
        segment.go(0 if segment.written > seen - SLACK else segment.stop)
    return False
