"""Merges the log lines of many hosts: history by time, new lines as they come, with limited memory."""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

ROOM = 1 << 19  # bytes of one host that may wait
PATIENCE = 3.0  # seconds for which the others wait for a host that is silent
TAKEN = 1 << 17  # bytes that are handed out at once


@dataclass(frozen=True)
class Batch:
    """Whole lines of one log.

    Attributes:
        lines: each with its end. time: epoch, of all of them, or None.
    """

    host: str
    process: str
    release: str
    lines: bytes
    time: float | None = None


class Merge:
    """Brings lines of several hosts into one order; each host's own stay in theirs.

    A host is in its history until `live` or `over` is called for it. History is merged by time, so the others
    wait for a host whose next lines may be older; but not for long. What comes after is given out as it comes.

    Args:
        clock: gives seconds.
    """

    def __init__(self, hosts: Iterable[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        now = clock()
        self._queues: dict[str, deque[tuple[float, int, Batch]]] = {host: deque() for host in hosts}
        self._sizes = dict.fromkeys(self._queues, 0)
        self._awaited = dict.fromkeys(self._queues, now + PATIENCE)  # in its history, and silent
        self._past = set(self._queues)
        self._slow: set[str] = set()
        self._going = set(self._queues)
        self._heads: list[tuple[float, int, str]] = []
        self._count = 0
        self._closed = False

    def put(self, batch: Batch) -> None:
        """Add lines of a host; waits while too many of that host are there already."""
        host = batch.host
        with self._changed:
            while self._sizes[host] > ROOM and not self._closed:
                self._changed.wait()
            self._count += 1
            at = (batch.time or 0.0) if host in self._past else math.inf
            queue = self._queues[host]
            queue.append((at, self._count, batch))
            self._sizes[host] += len(batch.lines)
            self._awaited.pop(host, None)
            if len(queue) == 1:
                heapq.heappush(self._heads, (at, self._count, host))
                self._changed.notify_all()

    def past(self, host: str) -> None:
        """A host begins again with what was missed, after its connection was lost."""
        with self._changed:
            self._past.add(host)
            self._slow.discard(host)
            if not self._queues[host]:
                self._awaited[host] = self._clock() + PATIENCE

    def live(self, host: str) -> None:
        """A host's history is over."""
        with self._changed:
            self._past.discard(host)
            self._slow.discard(host)
            self._awaited.pop(host, None)
            self._changed.notify_all()

    def over(self, host: str) -> None:
        """Nothing more will come from a host."""
        self.live(host)
        with self._changed:
            self._going.discard(host)
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self, wait: float) -> list[Batch] | None:
        """Take the lines that come next.

        Args:
            wait: seconds to wait for some.

        Returns:
            None when nothing will come any more.
        """
        until = self._clock() + wait
        with self._changed:
            while True:
                batches = self._ready()
                if batches:
                    self._changed.notify_all()
                    return batches
                if not self._going and not self._heads:
                    return None
                left = min([until, *self._awaited.values()]) - self._clock()
                if until <= self._clock():
                    return []
                self._changed.wait(max(0.001, left))

    def _ready(self) -> list[Batch]:
        batches: list[Batch] = []
        size = 0
        while self._heads and size < TAKEN and not self._waiting():
            _, _, host = heapq.heappop(self._heads)
            queue = self._queues[host]
            batch = queue.popleft()[2]
            batches.append(batch)
            size += len(batch.lines)
            self._sizes[host] -= len(batch.lines)
            if queue:
                heapq.heappush(self._heads, (*queue[0][:2], host))
            elif host in self._past and host not in self._slow:
                self._awaited[host] = self._clock() + PATIENCE
        return batches

    def _waiting(self) -> bool:
        """Whether older lines may still come from a host that has been silent for a short time only."""
        if not self._awaited:
            return False
        now = self._clock()
        for host in [host for host, until in self._awaited.items() if until <= now]:
            del self._awaited[host]
            self._slow.add(host)
        return bool(self._awaited)
