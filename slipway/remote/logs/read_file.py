"""Read one log file in whole lines from a given position, while it may grow and be renamed."""

from __future__ import annotations

import os
import zlib

from slipway.remote.host.open_untrusted_file import opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

BLOCK = 1 << 16  # bytes that are read at once
LIMIT = 1 << 14  # bytes of a line that are shown; what comes after them is counted
PROOF = 64  # bytes before a place by which it is found again: file systems use numbers of files again


class LogFile:
    """An open file.

    Attributes:
        number: 0 for the file that is written to, 1 for the one before it ...
        pos: up to where it has been read. done: up to where it was given out, in whole lines.
        stop: up to where history goes.
    """

    def __init__(self, path: str, number: int) -> None:
        self.path, self.number = path, number
        self.fd = opened(os.path.dirname(path), os.path.basename(path))
        state = os.fstat(self.fd)
        self.inode, self.written, self.stop = state.st_ino, state.st_mtime, state.st_size
        self.pos = self.done = 0
        self.rest = b""
        self.lost = 0
        self.before: LogFile | None = None

    def state(self) -> os.stat_result:
        """Return what the system knows of the file now."""
        return os.fstat(self.fd)

    def read(self, size: int) -> bytes:
        """Read on, at most `size` bytes; the caller hands them to `lines` or `block`."""
        return os.pread(self.fd, size, self.pos)

    def at(self, offset: int, size: int) -> bytes:
        """Read anywhere."""
        return os.pread(self.fd, size, offset)

    def go(self, offset: int) -> None:
        """Go on from the beginning of a line."""
        self.pos = self.done = offset
        self.rest, self.lost = b"", 0

    def close(self) -> None:
        """Let go of the file; one that was deleted then frees its space."""
        os.close(self.fd)

    def lines(self, data: bytes) -> Iterator[tuple[bytes, int]]:
        """Take in what was read: each whole line without its end, and the offset behind it."""
        offset = self.pos
        *parts, last = data.split(b"\n")
        self.pos += len(data)
        for part in parts:
            offset += len(part) + 1
            yield self._whole(part), offset
        self._hold(last)

    def block(self, data: bytes) -> bytes:
        """Take in what was read: all whole lines with their ends."""
        end = data.rfind(b"\n") + 1
        plain = not self.rest and (end <= LIMIT or max(map(len, data.split(b"\n"))) <= LIMIT)
        if not plain:
            whole = b"".join([line + b"\n" for line, _ in self.lines(data)])
            end = data.rfind(b"\n") + 1
            self.done = self.pos - len(data) + end if end else self.done
            return whole
        self.pos += len(data)
        if end:
            self.done = self.pos - len(data) + end
        self._hold(data[end:])
        return data[:end]

    def flush(self) -> bytes:
        """Give out a last line that has no end."""
        if not self.rest:
            return b""
        self.done = self.pos
        return self._whole(b"")

    def assign_schedules(self, after: LogFile) -> None:
        """Let a line that was begun here end in the next file: supervisord turns logs over in mid-line."""
        if self.rest and not after.pos and not after.rest:
            after.rest, after.lost, after.before = self.rest, self.lost, self
            self.rest, self.lost = b"", 0

    def place(self) -> bytes:
        """Say what has been given out: `INODE:OFFSET:PROOF`, and of the file before, if a line began there."""
        places = [self._place()]
        if self.before:
            self.before.done = self.before.pos
            places.append(self.before._place())
            self.before = None
        return b",".join(places)

    def _place(self) -> bytes:
        return b"%d:%d:%d" % (self.inode, self.done, self.proof(self.done))

    def proof(self, offset: int) -> int:
        """Return what tells this file from another one that got its number."""
        begin = max(0, offset - PROOF)
        return zlib.crc32(self.at(begin, offset - begin))

    def _whole(self, part: bytes) -> bytes:
        if self.rest:
            part, self.rest = self.rest + part, b""
        length = len(part) + self.lost
        self.lost = 0
        return part if length <= LIMIT else cut(part, length)

    def _hold(self, part: bytes) -> None:
        if not part:
            return
        self.rest += part
        if len(self.rest) > LIMIT:
            self.lost += len(self.rest) - LIMIT
            self.rest = self.rest[:LIMIT]


class CompressedLogFile(LogFile):
    """A file that was rotated away and compressed; read from its beginning to its end, once."""

    def __init__(self, path: str, number: int) -> None:
        import gzip

        super().__init__(path, number)
        self.file: Any = gzip.GzipFile(fileobj=os.fdopen(os.dup(self.fd), "rb"))
        self.stop = 1 << 62

    def read(self, size: int) -> bytes:
        """Read on."""
        if self.file.tell() != self.pos:
            self.file.seek(self.pos)
        data: bytes = self.file.read(size)
        return data

    def at(self, offset: int, size: int) -> bytes:
        """Nothing: it never changes, and is told by its number alone."""
        return b""

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()
        super().close()


def cut(line: bytes, length: int) -> bytes:
    """Shorten a line to what is shown, not in the middle of a UTF-8 character, and say how much is missing."""
    head = line[:LIMIT]
    for back in (1, 2, 3):
        byte = head[-back]
        if byte >= 0xC0:
            needs = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            head = head[:-back] if needs > back else head
            break
        if byte < 0x80:
            break
    return head + b" [... %d more bytes]" % (length - len(head))


def backward(segment: LogFile, end: int) -> Iterator[tuple[int, bytes]]:
    """Give the lines of a file from its end: where each begins, and its first LIMIT bytes.

    A last line that has no end yet is left out.
    """
    start, tail, ended = end, b"", False
    while start:
        size = min(BLOCK, start)
        start -= size
        parts = segment.at(start, size).split(b"\n")
        begins = [start]
        for part in parts[:-1]:
            begins.append(begins[-1] + len(part) + 1)
        parts[-1] = (parts[-1] + tail)[:LIMIT]
        for begin, part in zip(begins[:0:-1], parts[:0:-1]):
            if ended:
                yield begin, part[:LIMIT]
            ended = True
        tail = parts[0][:LIMIT]
    if ended:
        yield 0, tail


def last_end(segment: LogFile, end: int) -> int:
    """Return the offset behind the last line that has an end."""
    start = end
    while start:
        size = min(BLOCK, start)
        start -= size
        found = segment.at(start, size).rfind(b"\n")
        if found >= 0:
            return start + found + 1
    return 0
