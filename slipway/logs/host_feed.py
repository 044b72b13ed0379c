"""Feeds the log lines of one host, and reconnects when needed: no line is missed and none comes twice."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from slipway.core.errors import SlipwayError
from slipway.logs.merge_hosts import Batch, Merge
from slipway.logs.query import Query, options
from slipway.remote import program

if TYPE_CHECKING:
    from slipway.fleet.stream_program_output import Frame, Stream
    from slipway.inventory import Host

    Open = Callable[[Host, str, str, dict[str, object]], Stream]

PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds before each attempt to connect again; the last one for ever
ATTEMPTS = 5  # where nothing is followed
KEPT = 32  # files of a log whose places are remembered

Say = Callable[[str], None]


class HostFeed:
    """Brings one host's lines into the merge, and connects again when the connection is lost.

    Args:
        open: makes a stream.
        say: is told what people should know.
    """

    def __init__(self, host: Host, query: Query, merge: Merge, open: Open, say: Say) -> None:
        self._host, self._query, self._merge, self._open, self._say = host, query, merge, open, say
        self._stream: Stream | None = None
        self._over = threading.Event()
        self._sources: dict[int, dict[str, str]] = {}
        self._places: dict[str, dict[int, tuple[int, int]]] = {}
        self._planned = self._well = False
        self._seen = 0.0
        self.failure: SlipwayError | None = None

    def run(self) -> None:
        """Work until there is nothing more to come, or until it is cut."""
        try:
            self._run()
        except SlipwayError as error:
            self.failure = error
        except (ValueError, LookupError, TypeError, RecursionError):
            hint = "Does something print in its login shell? `fab logs` again, or look at the host's own log/ folder."
            self.failure = SlipwayError(f"{self._host.name}: the lines that it sends cannot be read", hint=hint)
        except Exception as error:
            hint = "Run `fab logs` again; if it comes again, please report it: it is a defect of Slipway."
            self.failure = SlipwayError(f"{self._host.name}: unexpected {type(error).__name__}: {error}", hint=hint)
        finally:
            self._merge.over(self._host.name)

    def cut(self) -> None:
        """Stop at once."""
        self._over.set()
        if self._stream:
            self._stream.cut()

    def _run(self) -> None:
        from slipway.fleet.agent_session import Lost, Refused
        from slipway.fleet.ssh_connect import Unreachable

        attempt = 0
        while not self._over.is_set():
            try:
                self._connect()
                if self._hear():
                    return
            except Lost as error:
                attempt = 0 if self._well else attempt
                self._well = False
                if not self._query.follow and attempt >= ATTEMPTS:
                    raise
                if not attempt and not self._over.is_set():
                    self._say(f"{error.message}; connecting again")
            except (Unreachable, Refused) as error:
                if not self._planned or (not self._query.follow and attempt >= ATTEMPTS):
                    raise
                if attempt == len(PAUSES):
                    self._say(f"{error.message}; trying again")
            self._over.wait(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1

    def _connect(self) -> None:
        asked: dict[str, Any] = options(self._host, self._query)
        if self._planned:
            places = {path: [[inode, *place] for inode, place in known.items()] for path, known in self._places.items()}
            asked |= {"resume": places, "seen": self._seen}
        stream = self._open(self._host, "slipway-logs", program("logs.tail"), asked)
        self._stream = stream
        self._sources.clear()
        self._merge.past(self._host.name)
        if self._over.is_set():
            stream.cut()

    def _hear(self) -> bool:
        """Take in frames; return whether that was all."""
        assert self._stream
        for frame in self._stream.frames():
            if self._over.is_set():
                return True
            if frame.words[0] == b"end":
                return True
            self._take(frame)
        return False

    def _take(self, frame: Frame) -> None:
        kind, *words = frame.words
        if kind == b"lines":
            self._lines(int(words[0]), words[1], words[2], frame.data)
        elif kind == b"source":
            about = json.loads(frame.data)
            self._sources[int(words[0])] = about
            self._places.setdefault(about["path"], {})
        elif kind == b"alive":
            self._seen = float(words[0])
        elif kind == b"planned":
            self._planned = self._well = True
        elif kind == b"live":
            self._merge.live(self._host.name)
        elif kind == b"note":
            self._say(f"{self._host.name}: {frame.data.decode('utf-8', 'replace')}")

    def _lines(self, index: int, stamp: bytes, places: bytes, lines: bytes) -> None:
        source = self._sources[index]
        if lines:
            at = None if stamp == b"-" else float(stamp)
            self._merge.put(Batch(self._host.name, source["process"], source["release"], lines, at))
        known = self._places[source["path"]]
        for place in places.split(b","):
            inode, offset, proof = map(int, place.split(b":"))
            known.pop(inode, None)
            known[inode] = (offset, proof)
        while len(known) > KEPT:
            del known[next(iter(known))]
