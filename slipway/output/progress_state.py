"""Holds the state of a running plan: which phase it is in, and where each host is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from slipway.model.step import Phase, Plan, Step

State = Literal["waiting", "running", "ok", "failed"]
Clock = Callable[[], float]


class Row(Struct):
    """Where one host is.

    Attributes:
        title: the step, or the phase before its first step.
        since: when that began. began: when the host's phase began. seconds: how long that took, once it is over.
        said: the last line of output of the step.
    """

    state: State
    title: str
    since: float
    began: float
    seconds: float = 0.0
    said: str = ""


class ProgressState:
    """Takes in what a reporter hears; not safe for several threads, its owner locks.

    Args:
        hosts: names, in the order in which they are shown.
        clock: seconds, monotonic.

    Attributes:
        phases: name and title of each phase; none before a plan begins. at: index of the one that runs.
        counted: whether phases are shown with their number; not those of a plan of one phase, such as a look at the
            hosts that comes before the plan itself, or there would be two counts of one operation.
        undone: whether everything is being reverted.
        began: when the plan began.
    """

    def __init__(self, hosts: Sequence[str], clock: Clock = time.monotonic) -> None:
        self.clock = clock
        self.operation = ""
        self.phases: list[tuple[str, str]] = []
        self.at = 0
        self.counted = False
        self.undone = False
        self.began = clock()
        self.rows = {host: self._row("waiting", "") for host in hosts}

    def begin(self, plan: Plan, connect: bool) -> None:
        first = [("connect", "Connect")] if connect else []
        self.operation = plan.operation
        self.phases = [*first, *((phase.name, phase.title) for phase in plan.phases)]
        self.at = 0
        self.counted = len(plan.phases) > 1
        self.undone = False
        self.began = self.clock()
        self.rows = {host: self._row(*(("running", "connect") if connect else ("waiting", ""))) for host in self.rows}

    def phase(self, phase: Phase) -> None:
        self.at = [name for name, _ in self.phases].index(phase.name)
        for host, row in self.rows.items():
            if row.state != "failed":
                works = host in phase.steps
                self.rows[host] = self._row("running", phase.title.lower()) if works else self._row("waiting", "")

    def step(self, host: str, step: Step) -> None:
        row = self.rows[host]
        row.title, row.since, row.said = step.title, self.clock(), ""

    def line(self, host: str, text: str) -> None:
        """A line of output; those of this machine, which is no host, have no row."""
        if host in self.rows:
            self.rows[host].said = text.strip()

    def ended(self, host: str, phase: str, ok: bool) -> Row | None:
        """A host is through with a phase; its row, unless that is no news any more: what is undone was ended by us."""
        if phase != ("undo" if self.undone else self.phases[self.at][0]):
            return None
        row = self.rows[host]
        row.state, row.seconds = "ok" if ok else "failed", self.clock() - row.began
        return row

    def undoing(self, hosts: Iterable[str]) -> None:
        self.undone = True
        for host in hosts:
            self.rows[host] = self._row("running", "revert what was changed")

    def _row(self, state: State, title: str) -> Row:
        return Row(state, title, self.clock(), self.clock())
