"""Visitors that ask all the time while one fault after another strikes; each case reads what they saw."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from tests.hosts.load import Visitor
from tests.hosts.project import Project

RATE = 12  # requests a second of each quick visitor; a host has two of them
SLOW = 1.0  # seconds


@dataclass(frozen=True)
class Failure:
    """A request that was lost: when it began and ended, in seconds of the clock `time.monotonic`."""

    began: float
    ended: float
    host: str
    what: str

    def __str__(self) -> str:
        return f"{self.host}: after {self.ended - self.began:.2f} s: {self.what}"


class SteadyVisitors:
    """Visitors at all hosts of a project, from the beginning of the `with` block to its end.

    One keeps its connection, one opens a new one for each request, one asks for a page that takes a second.
    """

    def __init__(self, project: Project) -> None:
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._failures: list[Failure] = []
        self._good: list[tuple[float, str, float]] = []
        self._excused: list[tuple[str, float, float]] = []
        self._threads = [
            threading.Thread(target=self._visit, args=(Visitor(project, host), path, every, keep), daemon=True)
            for host in project.on_hosts
            for path, every, keep in (("/", 1 / RATE, True), ("/", 1 / RATE, False), (f"/slow?s={SLOW}", 0.0, False))
        ]

    def __enter__(self) -> SteadyVisitors:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(25)

    @contextmanager
    def nobody_is_lost(self, besides: str = "") -> Iterator[None]:
        """Fail the test if a request was lost while the block ran, or if there were too few to tell.

        Args:
            besides: a host whose visitors do not count.
        """
        began = time.monotonic()
        yield
        ended = time.monotonic()
        with self._lock:
            if besides:
                self._excused.append((besides, began, ended))
            failed = [str(one) for one in self._failures if one.ended >= began and not self._is_excused(one)]
            good = [host for at, host, _ in self._good if at >= began]
        assert not failed, "\n".join([f"{len(failed)} requests were lost", *failed[:20]])
        assert len(good) >= 5, "too few requests to tell"

    @property
    def slowest(self) -> float:
        """Seconds that the slowest answer took, without the time that the visitor asked for."""
        with self._lock:
            return max((seconds for _, _, seconds in self._good), default=0.0)

    def _is_excused(self, failure: Failure) -> bool:
        """Whether its host's visitors did not count at that time."""
        return any(
            host == failure.host and began <= failure.ended and failure.began <= ended
            for host, began, ended in self._excused
        )

    def _visit(self, visitor: Visitor, path: str, every: float, keep: bool) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            problem = ""
            try:
                visitor.ask(path, None)
            except (OSError, http.client.HTTPException, ValueError) as error:
                problem = f"{type(error).__name__}: {error}"
                visitor.leave()
            took = time.monotonic() - began
            with self._lock:
                if problem:
                    self._failures.append(Failure(began, began + took, visitor.host, f"{path}: {problem}"))
                else:
                    self._good.append((began, visitor.host, took - (0 if every else SLOW)))
            if not keep:
                visitor.leave()
            self._over.wait(max(every - took, 0.0) if not problem else 0.2)
        visitor.leave()
