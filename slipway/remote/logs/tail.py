"""Send the lines of an app's logs, and new lines as they are written, for `fab logs`.

Options:
    folders: where the logs are, and what they are called; see `Logs`.
    base: the app's folder. release: an id or a part of one, `current`, `standby`, or "" for all.
    lines: how many of the last lines; null for all that `ago` or `at` allow.
    ago: no line older than so many seconds; null for any. at: none before this time (epoch); null for any.
    grep: regular expression, or null.
    follow: whether to go on. timed: whether each line's time is wanted when following, too.
    until: path of a file; once it is there, nothing more will come. Null if there is no such file.
    silence: seconds without a sign of life on standard input after which nobody listens any more.
    resume: {path of a log: [[inode, offset, proof]]}: what the other side has got already, or null.
    seen: when it got that, in this host's time.

Frames (words and length on a line, then the data):
    source INDEX: JSON {path, process, release} of a log.
    lines INDEX TIME PLACES: whole lines; TIME is epoch or -; PLACES are for `resume`, see `LogFile.place`.
    note: a line for people.
    planned: the places of all logs have been told. live: history is over.
    alive TIME: a sign of life, and the host's time. end: that was all.

It ends at once when standard input is closed.
"""

from __future__ import annotations

import json
import re
import time

from slipway.remote.host.program_io import run
from slipway.remote.logs.frames import FrameWriter
from slipway.remote.logs.history_start import SLACK, begin, resume
from slipway.remote.logs.incomplete_history import shortfall
from slipway.remote.logs.log_files import Logs, RotatedLog
from slipway.remote.logs.merge_files import merged
from slipway.remote.logs.read_file import CompressedLogFile, LogFile
from slipway.remote.logs.undated_lines import key_of, trailing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TICK = 0.1  # seconds from one look at the files to the next, when nothing happens
BUDGET = 1 << 18  # bytes of one log before the others have their turn
MANY = 1 << 16  # open files
LOOK = 0.2  # seconds from one look for new files to the next, at most, while there is much to do


class Tail:
    """Sends the log lines, from the first to the last."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        since = options["at"] if options["ago"] is None else time.time() - options["ago"]
        if options["resume"] is not None:
            since = options["seen"] - SLACK
        last_only = since is None and options["grep"] is None
        most = options["lines"] if last_only else None
        self.since: float | None = since
        self.discovery = Logs(options["folders"], options["base"], options["release"], since, most)
        self.logs: list[RotatedLog] = []
        self.frames = FrameWriter(options["silence"])
        self.grep = re.compile(options["grep"]) if options["grep"] is not None else None
        self.looked = 0.0

    def matches(self, line: bytes) -> bool:
        """Say whether a line was asked for."""
        return self.grep is None or self.grep.search(line.decode("utf-8", "replace")) is not None

    def discover(self) -> None:
        """Look for new files, so that none is missed however slowly lines are taken."""
        self.looked = time.monotonic()
        for log in self.discovery.discover():
            log.index = len(self.logs)
            self.logs.append(log)
            about = {"path": log.path, "process": log.process, "release": log.release}
            self.frames.frame(b"source %d" % log.index, json.dumps(about).encode())

    def breathe(self, wait: float = 0.0) -> None:
        """Let lines be taken, and look for new files when it is time to."""
        self.frames.breathe(wait)
        if time.monotonic() - self.looked > LOOK:
            self.discover()

    def send(self, log: RotatedLog, lines: bytes, places: bytes, at: float = 0.0) -> None:
        """Send lines of a log."""
        stamp = b"%.6f" % at if at else b"-"
        self.frames.frame(b"lines %d %b %b" % (log.index, stamp, places), lines)

    def plan(self) -> None:
        """Decide where each log begins, and say so."""
        options = self.options
        self.discover()
        if self.discovery.denied:
            self.frames.frame(b"note", f"cannot read {self.discovery.denied}".encode())
        logs = list(self.logs)
        if options["resume"] is None:
            begin(logs, options["lines"], self.since, self.matches, self.breathe)
            self.notice_shortfall(logs)
        else:
            for log in logs:
                trailing(log)
                if not resume(log, options["resume"].get(log.path), options["seen"]):
                    self.frames.frame(b"note", f"lines of {log.process} were rotated away meanwhile".encode())
        for log in logs:
            for segment in log.segments:
                self.send(log, b"", segment.place())
        self.frames.frame(b"planned")
        if not logs:
            self.frames.frame(b"note", b"there are no such logs" + (b" yet" if options["follow"] else b""))

    def notice_shortfall(self, logs: list[RotatedLog]) -> None:
        """Say where history begins if that is later than was asked for."""
        if self.since is None:
            return
        text = shortfall(logs, self.since, self.discovery.reaching, bool(self.options["release"]))
        if text:
            self.frames.frame(b"note", text.encode())

    def past(self) -> None:
        """Tell the history of all logs, in the order of time."""
        logs = list(self.logs)
        for at, log, lines, places in merged(logs, self.matches, self.breathe):
            self.send(log, lines, places, at)
            while self.frames.full:
                self.breathe(0.5)
        for log in logs:
            for segment in [segment for segment in log.segments if isinstance(segment, CompressedLogFile)]:
                log.segments.remove(segment)
                segment.close()
        self.frames.frame(b"live")

    def follow(self) -> None:
        """Tell what is added, log by log, as fast as it is taken."""
        while True:
            over = self.options["until"] and exists(self.options["until"])
            self.discover()
            busy = False
            for log in self.logs:
                if self.frames.full:
                    break
                busy = self.add(log) or busy
            self.notice_rotation()
            self.breathe(0.0 if busy and not self.frames.full else TICK)
            if over and not busy and not self.frames.full:
                return

    def notice_rotation(self) -> None:
        """Let go of what is gone, and say what nobody had time to read."""
        for log in self.logs:
            for segment in log.forget():
                missing = segment.state().st_size - segment.pos
                if missing > 0:
                    self.frames.frame(b"note", b"%d bytes were rotated away before they could be shown" % missing)
                self.finish(log, segment)
                segment.close()

    def add(self, log: RotatedLog) -> bool:
        """Tell what was added to a log; say whether there was anything."""
        busy = False
        plain = self.grep is None and not self.options["timed"]
        for segment, data in log.pieces(BUDGET):
            busy = True
            if not plain:
                self.add_lines(log, segment, data)
                continue
            whole = segment.block(data)
            if whole:
                self.send(log, whole, segment.place())
        return busy

    def add_lines(self, log: RotatedLog, segment: LogFile, data: bytes) -> None:
        """Tell lines one by one: those that were asked for, with their times."""
        group: list[bytes] = []
        for line, end in segment.lines(data):
            key = key_of(log, segment, line, -1)
            if key != log.key and group:
                self.send(log, b"".join(group), segment.place(), log.key)
                group = []
            log.key = key
            segment.done = end
            if self.matches(line):
                group.append(line + b"\n")
        if group:
            self.send(log, b"".join(group), segment.place(), log.key)

    def finish(self, log: RotatedLog, segment: LogFile) -> None:
        """Tell a last line that has no end, and gets none any more."""
        line = segment.flush()
        if line and self.matches(line):
            self.send(log, line + b"\n", segment.place(), log.key)

    def rest(self) -> None:
        """Tell all last lines that have no end."""
        for log in self.logs:
            for segment in log.segments:
                self.finish(log, segment)


def exists(path: str) -> bool:
    """Say whether a file is there."""
    import os

    return os.path.exists(path)


def open_many() -> None:
    """Allow as many open files as the system lets us: each log is one, those of releases that are gone, too."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = MANY if most == resource.RLIM_INFINITY else min(most, MANY)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))


def main(options: dict[str, Any]) -> None:
    """Tell everything."""
    open_many()
    tail = Tail(options)
    tail.plan()
    tail.past()
    if options["follow"]:
        tail.follow()
    tail.rest()
    tail.frames.finish()


if __name__ == "__main__":
    run(main)
