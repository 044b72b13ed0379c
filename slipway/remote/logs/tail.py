"""Tell what an app's logs hold, and go on telling what is added, for `fab logs`.

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
    lines INDEX TIME PLACES: whole lines; TIME is epoch or -; PLACES are for `resume`, see `Segment.place`.
    note: a line for people.
    planned: the places of all logs have been told. live: history is over.
    alive TIME: a sign of life, and the host's time. end: that was all.

It ends at once when standard input is closed.
"""

from __future__ import annotations

import json
import re
import time

from slipway.remote.host.facts import run
from slipway.remote.logs.frames import Outlet
from slipway.remote.logs.history_start import begin, resume
from slipway.remote.logs.log_files import Chain, Logs
from slipway.remote.logs.merge_files import merged
from slipway.remote.logs.read_file import Packed, Segment
from slipway.remote.logs.undated_lines import key_of, trailing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TICK = 0.1  # seconds from one look at the files to the next, when nothing happens
BUDGET = 1 << 18  # bytes of one log before the others have their turn
LOOK = 0.2  # seconds from one look for new files to the next, at most, while there is much to do


class Tail:
    """Everything that is told, from the first line to the last."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.logs = Logs(options["folders"], options["base"], options["release"])
        self.chains: list[Chain] = []
        self.outlet = Outlet(options["silence"])
        self.grep = re.compile(options["grep"]) if options["grep"] is not None else None
        self.looked = 0.0

    def matches(self, line: bytes) -> bool:
        """Say whether a line was asked for."""
        return self.grep is None or self.grep.search(line.decode("utf-8", "replace")) is not None

    def discover(self) -> None:
        """Look for new files, so that none is missed however slowly lines are taken."""
        self.looked = time.monotonic()
        for chain in self.logs.discover():
            chain.index = len(self.chains)
            self.chains.append(chain)
            about = {"path": chain.path, "process": chain.process, "release": chain.release}
            self.outlet.frame(b"source %d" % chain.index, json.dumps(about).encode())

    def breathe(self, wait: float = 0.0) -> None:
        """Let lines be taken, and look for new files when it is time to."""
        self.outlet.breathe(wait)
        if time.monotonic() - self.looked > LOOK:
            self.discover()

    def tell(self, chain: Chain, lines: bytes, places: bytes, at: float = 0.0) -> None:
        """Send lines of a log."""
        stamp = b"%.6f" % at if at else b"-"
        self.outlet.frame(b"lines %d %b %b" % (chain.index, stamp, places), lines)

    def plan(self) -> None:
        """Decide where each log begins, and say so."""
        options = self.options
        since = options["at"] if options["ago"] is None else time.time() - options["ago"]
        self.discover()
        if self.logs.denied:
            self.outlet.frame(b"note", f"cannot read {self.logs.denied}".encode())
        chains = list(self.chains)
        if options["resume"] is None:
            begin(chains, options["lines"], since, self.matches, self.breathe)
        else:
            for chain in chains:
                trailing(chain)
                if not resume(chain, options["resume"].get(chain.path), options["seen"]):
                    self.outlet.frame(b"note", f"lines of {chain.process} were rotated away meanwhile".encode())
        for chain in chains:
            for segment in chain.segments:
                self.tell(chain, b"", segment.place())
        self.outlet.frame(b"planned")
        if not chains:
            self.outlet.frame(b"note", b"there are no such logs" + (b" yet" if options["follow"] else b""))

    def past(self) -> None:
        """Tell the history of all logs, in the order of time."""
        chains = list(self.chains)
        for at, chain, lines, places in merged(chains, self.matches, self.breathe):
            self.tell(chain, lines, places, at)
            while self.outlet.full:
                self.breathe(0.5)
        for chain in chains:
            for segment in [segment for segment in chain.segments if isinstance(segment, Packed)]:
                chain.segments.remove(segment)
                segment.close()
        self.outlet.frame(b"live")

    def follow(self) -> None:
        """Tell what is added, log by log, as fast as it is taken."""
        while True:
            over = self.options["until"] and exists(self.options["until"])
            self.discover()
            busy = False
            for chain in self.chains:
                if self.outlet.full:
                    break
                busy = self.add(chain) or busy
            self.chains_turn()
            self.breathe(0.0 if busy and not self.outlet.full else TICK)
            if over and not busy and not self.outlet.full:
                return

    def chains_turn(self) -> None:
        """Let go of what is gone, and say what nobody had time to read."""
        for chain in self.chains:
            for segment in chain.forget():
                missing = segment.state().st_size - segment.pos
                if missing > 0:
                    self.outlet.frame(b"note", b"%d bytes were rotated away before they could be shown" % missing)
                self.finish(chain, segment)
                segment.close()

    def add(self, chain: Chain) -> bool:
        """Tell what was added to a log; say whether there was anything."""
        busy = False
        plain = self.grep is None and not self.options["timed"]
        for segment, data in chain.pieces(BUDGET):
            busy = True
            if not plain:
                self.add_lines(chain, segment, data)
                continue
            whole = segment.block(data)
            if whole:
                self.tell(chain, whole, segment.place())
        return busy

    def add_lines(self, chain: Chain, segment: Segment, data: bytes) -> None:
        """Tell lines one by one: those that were asked for, with their times."""
        group: list[bytes] = []
        for line, end in segment.lines(data):
            key = key_of(chain, segment, line, -1)
            if key != chain.key and group:
                self.tell(chain, b"".join(group), segment.place(), chain.key)
                group = []
            chain.key = key
            segment.done = end
            if self.matches(line):
                group.append(line + b"\n")
        if group:
            self.tell(chain, b"".join(group), segment.place(), chain.key)

    def finish(self, chain: Chain, segment: Segment) -> None:
        """Tell a last line that has no end, and gets none any more."""
        line = segment.flush()
        if line and self.matches(line):
            self.tell(chain, line + b"\n", segment.place(), chain.key)

    def rest(self) -> None:
        """Tell all last lines that have no end."""
        for chain in self.chains:
            for segment in chain.segments:
                self.finish(chain, segment)


def exists(path: str) -> bool:
    """Say whether a file is there."""
    import os

    return os.path.exists(path)


def main(options: dict[str, Any]) -> None:
    """Tell everything."""
    tail = Tail(options)
    tail.plan()
    tail.past()
    if options["follow"]:
        tail.follow()
    tail.rest()
    tail.outlet.finish()


if __name__ == "__main__":
    run(main)
