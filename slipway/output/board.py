"""What is known while a plan runs, and how it looks: a headline with the phases, and a line for each host."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from slipway.output.cells import Span, fit, pad, width
from slipway.output.style import Style, host_colours
from slipway.output.words import listing

if TYPE_CHECKING:
    from slipway.step import Phase, Plan, Step

State = Literal["waiting", "running", "ok", "failed"]
Clock = Callable[[], float]

FOLD = 30  # hosts; with more, or with more than there are rows, they are counted
LOOKS = MappingProxyType({"waiting": "dim", "running": "cyan", "ok": "green", "failed": "bold red"})


@dataclass
class Row:
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


class Board:
    """Takes in what a reporter hears; not safe for several threads, its owner locks.

    Args:
        hosts: names, in the order in which they are shown.
        clock: seconds, monotonic.
    """

    def __init__(self, hosts: Sequence[str], clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._colours = host_colours(hosts)
        self.rows = {host: self._row("waiting", "") for host in hosts}
        self._start("", [])

    def begin(self, plan: Plan, connect: bool) -> None:
        first = [("connect", "Connect")] if connect else []
        self._start(plan.operation, [*first, *((phase.name, phase.title) for phase in plan.phases)])
        state: State = "running" if connect else "waiting"
        self.rows = {host: self._row(state, "connect" if connect else "") for host in self.rows}

    def _start(self, operation: str, phases: list[tuple[str, str]]) -> None:
        self.operation = operation
        self.phases = phases
        self.at = 0
        self.undone = False
        self._began = self._clock()

    def phase(self, phase: Phase) -> None:
        self.at = [name for name, _ in self.phases].index(phase.name)
        for host, row in self.rows.items():
            if row.state != "failed":
                state: State = "running" if host in phase.steps else "waiting"
                self.rows[host] = self._row(state, phase.title.lower() if state == "running" else "")

    def step(self, host: str, step: Step) -> None:
        row = self.rows[host]
        row.title, row.since, row.said = step.title, self._clock(), ""

    def line(self, host: str, text: str) -> None:
        self.rows[host].said = text

    def ended(self, host: str, phase: str, ok: bool) -> Row | None:
        """A host is through with a phase; its row, unless that is no news any more: what is undone was ended by us."""
        if phase != ("undo" if self.undone else self.phases[self.at][0]):
            return None
        row = self.rows[host]
        row.state, row.seconds = "ok" if ok else "failed", self._clock() - row.began
        return row

    def undoing(self, hosts: Iterable[str]) -> None:
        self.undone = True
        for host in hosts:
            self.rows[host] = self._row("running", "put back what was changed")

    def _row(self, state: State, title: str) -> Row:
        return Row(state, title, self._clock(), self._clock())

    def lines(self, columns: int, rows: int, style: Style) -> list[str]:
        """The picture of this moment: at most `rows` lines of less than `columns` cells; none before a plan."""
        if not self.phases:
            return []
        now = self._clock()
        frame = style.spinner[int((now - self._began) * 10) % len(style.spinner)]
        marks = {"waiting": style.dot, "running": frame, "ok": style.tick, "failed": style.cross}
        if len(self.rows) <= min(FOLD, rows - 1):
            names = min(max(map(width, self.rows), default=0), columns // 2)
            below = [self._host(host, row, names, marks[row.state], now) for host, row in self.rows.items()]
        else:
            below = self._folded(marks)
        pictures = [self._headline(columns, now, marks), *below]
        return [fit(spans, columns - 1, style) for spans in pictures[: max(1, rows)]]

    def _headline(self, columns: int, now: float, marks: dict[str, str]) -> list[Span]:
        head = [(self.operation, "bold"), (_clocked(now - self._began), "")]
        if self.undone:
            return [
                *head,
                (f"{marks['failed']} {self.phases[self.at][0]}", "red"),
                ("  putting everything back", "yellow"),
            ]
        trail: list[Span] = []
        for index, (name, _) in enumerate(self.phases):
            state = "ok" if index < self.at else "running" if index == self.at else "waiting"
            trail.append((f"{marks[state]} {name}  ", "bold" if state == "running" else LOOKS[state]))
        if sum(width(text) for text, _ in (*head, *trail)) < columns:
            return [*head, *trail]
        place = f"{marks['running']} {self.phases[self.at][1]}"
        return [*head, (place, "bold"), (f" ({self.at + 1} of {len(self.phases)})", "dim")]

    def _host(self, host: str, row: Row, names: int, mark: str, now: float) -> list[Span]:
        seconds = now - row.since if row.state == "running" else row.seconds
        took = _clocked(seconds) if row.state != "waiting" else " " * 9
        line = [(f"  {mark} ", LOOKS[row.state]), (pad(host, names), self._colours[host]), (took, "dim")]
        if row.state == "failed":
            return [*line, (f"failed: {row.title}", "red")]
        if row.state != "running":
            return line
        return [*line, (row.title, ""), (f"  {row.said}" if row.said else "", "dim")]

    def _folded(self, marks: dict[str, str]) -> list[list[Span]]:
        """Counts, then who is where: failures first, then each step that is under way."""
        groups: dict[tuple[State, str], list[str]] = {}
        for host, row in self.rows.items():
            groups.setdefault((row.state, row.title), []).append(host)
        counts = {state: sum(row.state == state for row in self.rows.values()) for state in marks}
        words = {"failed": "failed", "running": "at work", "ok": "through", "waiting": "waiting"}
        told = [(f"  {marks[state]} {counts[state]} {word}", LOOKS[state]) for state, word in words.items()]
        lines = [[span for span, state in zip(told, words, strict=True) if counts[state]]]
        for wanted in ("failed", "running"):
            for (state, title), hosts in groups.items():
                if state == wanted:
                    who = listing(hosts, len(hosts))
                    lines.append([(f"    {title}", ""), (f" {len(hosts)}", "bold"), (f"  {who}", "dim")])
        return lines


def _clocked(seconds: float) -> str:
    """A running time in nine cells, so that what follows stays in its place."""
    if seconds < 100:
        return f"{seconds:5.1f} s  "
    return f"{int(seconds) // 60:3}:{int(seconds) % 60:02}   "
