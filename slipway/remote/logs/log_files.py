"""Find the logs of a host and the files of each, while they are written, rotated and deleted."""

from __future__ import annotations

import os
import re
import time

from slipway.remote.logs.read_file import BLOCK, LogFile
from slipway.remote.logs.timestamps import Timestamps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

NAME = re.compile(r"(?P<base>.+?)(?:\.(?P<number>\d+)(?P<packed>\.gz)?)?")
GONE = 1 << 30  # the number of a file that has no name any more
HELD = 16  # deleted files of a log that wait for a slow reader; each keeps its space on the disk
FRESH = 2.0  # seconds after a change of a folder in which another one may have the same time


class RotatedLog:
    """One log: its files, oldest first, as one stream of lines.

    Attributes:
        packed: compressed files, oldest first; opened only if history reaches so far.
        key: the time that holds for the next line, if it carries none; 0 if unknown.
        since: history leaves out what is older than this.
        undated: file and offset from which on no line carries a time; undated_written: when these were written.
    """

    def __init__(self, path: str, process: str, release: str) -> None:
        self.path, self.process, self.release = path, process, release
        self.segments: list[LogFile] = []
        self.packed: list[tuple[int, str]] = []
        self.stamps = Timestamps()
        self.key = self.since = self.undated_written = 0.0
        self.undated: tuple[LogFile, int] | None = None
        self.index = -1

    def update(self, names: dict[int, str]) -> None:
        """Take in the plain files that there are now, by their numbers."""
        known = {segment.inode: segment for segment in self.segments}
        for segment in self.segments:
            segment.number = GONE
        for number, path in names.items():
            try:
                inode = os.stat(path).st_ino
                if inode in known:
                    known[inode].number = number
                else:
                    self.segments.append(LogFile(path, number))
            except OSError:  # renamed or deleted meanwhile, or not ours to read
                continue
        # Stable: of those that are gone, the ones that went first stay first.
        self.segments.sort(key=lambda segment: -segment.number)

    def pieces(self, budget: int) -> Iterator[tuple[LogFile, bytes]]:
        """Read on, file after file; the caller has to take each piece in.

        In this order, a line that goes on in the next file finds its end there: a file is read to its end only
        when the next one is known already.
        """
        for at, segment in enumerate(self.segments):
            state = segment.state()
            if state.st_size < segment.pos:  # emptied in place
                segment.go(0)
            while segment.pos < state.st_size:
                data = segment.read(BLOCK)
                if not data:
                    break
                yield segment, data
                budget -= len(data)
                if budget <= 0:
                    return
            if at + 1 < len(self.segments):
                segment.assign_schedules(self.segments[at + 1])

    def forget(self) -> Iterator[LogFile]:
        """Give back the deleted files that are read, or that nobody has time to read; the caller closes them."""
        gone = [segment for segment in self.segments if segment.number == GONE]
        for at, segment in enumerate(gone):
            state = segment.state()
            if state.st_nlink:
                continue  # compressed or moved, and perhaps still written to
            idle = time.time() - state.st_mtime > FRESH
            if (idle and segment.pos >= state.st_size) or at < len(gone) - HELD:
                self.segments.remove(segment)
                yield segment


class Logs:
    """All logs that were asked for.

    Args:
        folders: [{path, match: regular expression of a log's name with the groups `process` and `release`,
            process: its name where there is no such group}].
        base: the app's folder. release: an id or a part of one, `current`, `standby`, or "" for all.
        since: what was written before is not wanted. most: how many logs of releases that are gone may hold what is.

    Attributes:
        reaching: processes that have a log which ends before `since`.
    """

    def __init__(
        self, folders: list[dict[str, Any]], base: str, release: str, since: float | None, most: int | None
    ) -> None:
        self.base, self.release, self.since, self.most = base, release, since, most
        self.reaching: set[str] = set()
        self.unread: set[str] = set()
        self.folders = [(folder["path"], re.compile(folder["match"]), folder.get("process", "")) for folder in folders]
        self.logs: dict[str, RotatedLog] = {}
        self.seen: dict[str, tuple[int, float]] = {}
        self.asked = ""
        self.others: set[str] | None = None
        self.denied = ""

    def discover(self) -> list[RotatedLog]:
        """Look for new files; return the chains that are new."""
        asked = self._asked()
        if asked != self.asked:
            self.asked, self.seen = asked, {}
        found: list[RotatedLog] = []
        others: set[str] = set()
        for folder, pattern, process in self.folders:
            if self._changed(folder):
                found += self._look(folder, pattern, process, others)
        self.others = others if self.others is None else self.others
        return found

    def _asked(self) -> str:
        if self.release not in ("current", "standby"):
            return self.release
        try:
            return os.path.basename(os.readlink(os.path.join(self.base, self.release)))
        except OSError:
            return "none"

    def _changed(self, folder: str) -> bool:
        try:
            at = os.stat(folder).st_mtime_ns
        except OSError:
            return False
        now = time.monotonic()
        before, looked = self.seen.get(folder, (0, 0.0))
        if at != before:
            self.seen[folder] = (at, now)
            return True
        return now - looked < FRESH

    def _look(self, folder: str, pattern: re.Pattern[str], process: str, others: set[str]) -> list[RotatedLog]:
        new = []
        listing = self._listing(folder, pattern)
        if self.others is None:
            self._leave_out(folder, pattern, {base: plain for base, (plain, _) in listing.items()})
        for base, (plain, packed) in listing.items():
            path = os.path.join(folder, base)
            log = self.logs.get(path)
            if path in self.unread:
                continue
            if log is None:
                match = pattern.fullmatch(base)
                groups = match.groupdict() if match else {}
                release = groups.get("release") or ""
                if release and not self.wanted(release):
                    others.add(path)
                    continue
                log = self.logs[path] = RotatedLog(path, groups.get("process") or process, release)
                new.append(log)
            log.update(plain)
            if self.others and log in new and path in self.others:
                # Of a release that was there before, and is current only now.
                for segment in log.segments:
                    segment.go(segment.stop)
            log.packed = sorted(packed.items(), reverse=True)
        return new

    def _leave_out(self, folder: str, pattern: re.Pattern[str], listing: dict[str, dict[int, str]]) -> None:
        """Find the logs that cannot hold what was asked for: there may be thousands of releases that are gone.

        Nothing will be added to those. The last lines of all logs lie in the logs that were written to last.
        """
        old: list[tuple[float, str]] = []
        for base, plain in listing.items():
            match = pattern.fullmatch(base)
            groups = match.groupdict() if match else {}
            release, path = groups.get("release") or "", os.path.join(folder, base)
            if path in self.logs or path in self.unread or not release or not self.wanted(release):
                continue
            if os.path.isdir(os.path.join(self.base, "releases", release)):
                continue
            written = max([at for at in map(written_at, plain.values()) if at is not None], default=0.0)
            if self.since is not None and written < self.since:
                self.unread.add(path)
                self.reaching.add(groups["process"])
            else:
                old.append((written, path))
        if self.most is not None:
            self.unread.update(path for _, path in sorted(old, reverse=True)[self.most :])

    def _listing(self, folder: str, pattern: re.Pattern[str]) -> dict[str, tuple[dict[int, str], dict[int, str]]]:
        """List the logs of a folder; again, if files were renamed meanwhile."""
        found: dict[str, tuple[dict[int, str], dict[int, str]]] = {}
        before: list[tuple[str, int]] | None = None
        for _ in range(5):
            try:
                entries = sorted((entry.name, entry.inode()) for entry in os.scandir(folder))
            except OSError as error:
                self.denied = f"{folder}: {error.strerror}"
                return {}
            if entries == before:
                break
            before = entries
        for name, _inode in before or []:
            match = NAME.fullmatch(name)
            if match and pattern.fullmatch(match["base"]):
                plain, packed = found.setdefault(match["base"], ({}, {}))
                (packed if match["packed"] else plain)[int(match["number"] or 0)] = os.path.join(folder, name)
        return found

    def wanted(self, release: str) -> bool:
        """Say whether a release was asked for."""
        part = release.partition("-")[2].partition("-")[2]
        return not self.asked or release.startswith(self.asked) or part.startswith(self.asked)


def written_at(path: str) -> float | None:
    """Return when something was written to a file last; None if it is gone, or has nothing in it."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_mtime if state.st_size else None
