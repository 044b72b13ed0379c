"""Defines what an operation did on each host, as data; `slipway.output` turns it into words."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from msgspec import Struct, field

from slipway.env.dotenv import Secret

LEFT_OUT = 3  # exit code of a deploy that is done, but for hosts that could not be reached
CAUSE = 200  # lines from the first traceback on that are kept, if more than TAIL follow
TRACEBACK = "Traceback (most recent call last)"
TAIL = 400  # lines of output that are kept for a failure's report: a log may go on for pages after its exception

State = Literal["ok", "failed", "unreachable", "reverted", "untouched", "unknown", "interrupted"]


class Result(Struct):
    """How a script ended on a host.

    Attributes:
        code: its exit code; 0 is success.
        step: the step in which it ended.
        command: the command that failed, as bash had it.
        reason: what the script itself said in `fail`.
        tail: the last lines of output of that step.
        cause: its lines from the first traceback on, in part. scrolled: how many lines came from there on.
        facts: what the script reported. hidden: what it told us alone, and nobody may see.
        changed: what the script changed, as it said by `fact changed WHAT`.
        notes: warnings for people.
        seconds: how long each step took, by name.
    """

    code: int = 0
    step: str = ""
    command: str = ""
    reason: str = ""
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL))
    cause: list[str] = []
    scrolled: int = 0
    facts: dict[str, str] = {}
    hidden: dict[str, Secret] = {}
    changed: list[str] = []
    notes: list[str] = []
    seconds: dict[str, float] = {}

    def hear(self, line: str) -> None:
        """Keep a line of output."""
        self.tail.append(line)
        if self.cause or TRACEBACK in line:
            self.scrolled += 1
            if len(self.cause) < CAUSE:
                self.cause.append(line)

    def forget_output(self) -> None:
        """Drop the output of a step, since another one begins."""
        self.tail.clear()
        self.cause.clear()
        self.scrolled = 0

    @property
    def output(self) -> list[str]:
        """The last lines of output, and before them the first traceback where it is not among them any more."""
        return [*self.cause, "...", *self.tail] if self.scrolled > TAIL else [*self.tail]


class HostOutcome(Struct):
    """One host's part.

    Attributes:
        state: `failed` and `unreachable` are causes; `reverted`, `untouched` and `unknown` (it did not say
            that it was reverted) are what became of the others.
        result: how the script ended that decided the state; None if none ran.
        message, hint: what to tell where no script can.
        facts: everything the host reported. hidden: what it told us alone.
        moved: from which commit to which it goes, in words; "" if there was none, or it stays.
        undone: whether there was something to revert, and it was; None if the host could not say, or was not asked.
    """

    host: str
    state: State = "ok"
    phase: str = ""
    result: Result | None = None
    message: str = ""
    hint: str = ""
    facts: dict[str, str] = {}
    hidden: dict[str, Secret] = {}
    notes: list[str] = []
    changed: list[str] = []
    undone: bool | None = None
    moved: str = ""

    @property
    def why(self) -> str:
        """Why it failed or could not be reached, in its own words, without its name."""
        reason = self.message or (self.result.reason if self.result else "") or self.state
        return reason.removeprefix(f"{self.host}: ")


class Outcome(Struct):
    """A whole operation.

    Attributes:
        hosts: by name, in the inventory's order.
        phases: how long each phase took, in seconds, from the first host's start to the last one's end.
        steps: for each host, how long each step took, in seconds.
        interrupted: whether the user stopped it.
        settled: whether there was nothing to do, since every host has it already.
    """

    operation: str
    hosts: dict[str, HostOutcome]
    phases: dict[str, float] = {}
    steps: dict[str, dict[str, float]] = {}
    seconds: float = 0.0
    interrupted: bool = False
    settled: bool = False

    def keep(self, host: HostOutcome, result: Result) -> None:
        """Take in what a script reported on a host, and how long its steps took."""
        host.facts |= result.facts
        host.hidden |= result.hidden
        host.notes += result.notes
        host.changed += result.changed
        steps = self.steps.setdefault(host.host, {})
        for step, seconds in result.seconds.items():
            steps[step] = steps.get(step, 0.0) + seconds

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Take the time of a phase."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.phases[phase] = time.monotonic() - started

    def after(self, earlier: Outcome) -> Outcome:
        """This one as the last part of an operation that began with `earlier`."""
        for name, host in self.hosts.items():
            host.notes = [*earlier.hosts[name].notes, *host.notes]
        self.phases = {**earlier.phases, **self.phases}
        self.seconds += earlier.seconds
        return self

    @property
    def hidden(self) -> dict[str, dict[str, Secret]]:
        """The secret facts of each host, which are shown to nobody."""
        return {name: host.hidden for name, host in self.hosts.items()}

    @property
    def ok(self) -> bool:
        return not self.interrupted and all(host.state == "ok" for host in self.hosts.values())

    @property
    def verdict(self) -> str:
        """One word for the history."""
        return "interrupted" if self.interrupted else "ok" if self.ok else "failed"

    @property
    def code(self) -> int:
        """The exit code: 0 done everywhere, 130 stopped by the user, 1 otherwise."""
        return 130 if self.interrupted else 0 if self.ok else 1

    @property
    def causes(self) -> list[HostOutcome]:
        """The hosts that made it fail."""
        return [host for host in self.hosts.values() if host.state in ("failed", "unreachable")]
