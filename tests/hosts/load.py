"""Visitors that ask all the time, and count every answer that is not the one they asked for."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

from tests.hosts.project import Project

LONGEST = 240.0  # seconds; a test that hangs must not ask for ever
SHORTEST = 2.0  # seconds
TIMEOUT = 20.0
BODY = b"x" * 3000


@dataclass
class Tally:
    """What one host's visitors saw.

    Attributes:
        good: how many answers were 200, by kind of visitor.
        failures: when (seconds since the start), which kind, and what happened instead.
        slowest: seconds that the slowest answer took, without the time that the visitor asked for.
        releases: which releases answered, in the order in which they did so first.
    """

    good: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0
    releases: list[str] = field(default_factory=list)


class Visitors:
    """Asks an app through nginx, on all its hosts at once, for as long as the `with` block lasts.

    Some visitors keep their connection, some open one for each request, some send a body, and some ask for pages
    that take one to three seconds. The app is one that answers JSON with `release` and `read`, as apps/tiny does.

    Args:
        rate: requests a second for each host, slow ones not counted.
    """

    def __init__(self, project: Project, rate: float = 45) -> None:
        self.project = project
        self.tallies = {host: Tally() for host in project.on_hosts}
        self._rate = rate
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Visitors:
        self._began = time.monotonic()
        for host in self.tallies:
            for kind, share, keep in (("kept", 0.5, True), ("fresh", 0.3, False), ("post", 0.2, True)):
                self._begin(self._visit, host, kind, 1 / (self._rate * share), keep)
            for seconds in (1.0, 2.0, 3.0):
                self._begin(self._visit_slowly, host, seconds)
        time.sleep(0.3)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not error:  # what is over in an instant would tell nothing
            time.sleep(max(0.0, self._began + SHORTEST - time.monotonic()))
        self._over.set()
        for thread in self._threads:
            thread.join(TIMEOUT + 5)

    @property
    def failures(self) -> list[str]:
        return [f"{host} {failure}" for host, tally in self.tallies.items() for failure in tally.failures]

    def check(self, least: int = 20) -> None:
        """Fail the test if a request was lost, or if there were too few to tell."""
        assert not self.failures, "\n".join([f"{len(self.failures)} requests were lost", *self.failures[:30]])
        for host, tally in self.tallies.items():
            assert sum(tally.good.values()) >= least, f"{host}: {tally}"

    def releases(self, host: str) -> list[str]:
        """Which releases answered, first ones first."""
        return self.tallies[host].releases

    @property
    def slowest(self) -> float:
        """Seconds that the slowest answer of all took."""
        return max(tally.slowest for tally in self.tallies.values())

    def _begin(self, do: Callable[..., None], *words: object) -> None:
        thread = threading.Thread(target=do, args=words, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _going(self) -> bool:
        return not self._over.is_set() and time.monotonic() - self._began < LONGEST

    def _visit(self, host: str, kind: str, every: float, keep: bool) -> None:
        visitor = Visitor(self.project, host)
        due = time.monotonic()
        while self._going():
            body = BODY if kind == "post" else None
            self._ask(visitor, kind, "/", body, 0.0)
            if not keep:
                visitor.leave()
            due = max(due + every, time.monotonic() - 1)
            self._over.wait(max(0.0, due - time.monotonic()))
        visitor.leave()

    def _visit_slowly(self, host: str, seconds: float) -> None:
        visitor = Visitor(self.project, host)
        while self._going():
            self._ask(visitor, "slow", f"/slow?s={seconds:g}", None, seconds)
            visitor.leave()

    def _ask(self, visitor: Visitor, kind: str, path: str, body: bytes | None, expected: float) -> None:
        began = time.monotonic()
        try:
            answer = visitor.ask(path, body)
            problem = "" if answer["read"] == len(body or b"") else f"only {answer['read']} bytes of the body arrived"
        except (OSError, http.client.HTTPException, ValueError) as error:
            answer, problem = {}, f"{type(error).__name__}: {error}"
            visitor.leave()
        took = time.monotonic() - began
        with self._lock:
            tally = self.tallies[visitor.host]
            if problem:
                at = began - self._began
                tally.failures.append(f"{kind} request of {at:.2f} s, after {took:.2f} s: {problem}")
                return
            tally.good[kind] += 1
            tally.slowest = max(tally.slowest, took - expected)
            if answer["release"] not in tally.releases:
                tally.releases.append(str(answer["release"]))


class Visitor:
    """One visitor with one connection, opened when it is needed."""

    def __init__(self, project: Project, host: str) -> None:
        self.host = host
        place = project.hosts[host]
        self._site = project.site
        self._connection = http.client.HTTPConnection(place.address, place.http_port, timeout=TIMEOUT)

    def ask(self, path: str, body: bytes | None) -> dict[str, int | str]:
        """Ask once; raises what http.client raises, and ValueError for an answer that is not 200."""
        self._connection.request("POST" if body else "GET", path, body, {"Host": self._site})
        answer = self._connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise ValueError(f"{answer.status} {data[:200]!r}")
        page: dict[str, int | str] = json.loads(data)
        return page

    def leave(self) -> None:
        self._connection.close()
