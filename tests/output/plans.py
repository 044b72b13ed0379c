"""Helpers for the tests of the output: a fixed clock, a fake terminal, and a plan to replay."""

from __future__ import annotations

import io
import re

from slipway.core.shell import Script
from slipway.model.step import Phase, Plan, Step
from slipway.output.colours import PAINT, PLAIN, Style
from slipway.output.terminal import Terminal


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


class Screen(io.StringIO):
    """A small terminal: it keeps what somebody would see, and what has scrolled away.

    It knows the few sequences that we use; any other one is an error.
    """

    encoding = "utf-8"

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        super().__init__()
        self.columns, self.rows = columns, rows
        self.cells: list[list[str]] = [[]]
        self.row = self.column = 0
        self.writes: list[str] = []

    def isatty(self) -> bool:
        return True

    def size(self) -> tuple[int, int]:
        return self.columns, self.rows

    def write(self, text: str) -> int:
        self.writes.append(text)
        for piece in re.findall(r"\x1b\[[\d;?]*[A-Za-z]|\x1b.|.|\n", text):
            if piece.startswith("\x1b"):
                self._obey(piece)
            elif piece == "\n":
                self._feed()
            elif piece == "\r":
                self.column = 0
            else:
                self._put(piece)
        return len(text)

    def text(self) -> str:
        """All lines, without blanks at their ends, and without empty ones at the bottom."""
        return "\n".join("".join(line).rstrip() for line in self.cells).rstrip("\n")

    @property
    def top(self) -> int:
        return max(0, len(self.cells) - self.rows)

    def _feed(self) -> None:
        self.row, self.column = self.row + 1, 0
        while len(self.cells) <= self.row:
            self.cells.append([])

    def _put(self, character: str) -> None:
        if self.column == self.columns:
            self._feed()
        line = self.cells[self.row]
        line.extend(" " * (self.column + 1 - len(line)))
        line[self.column] = character
        self.column += 1

    def _obey(self, sequence: str) -> None:
        if PAINT.fullmatch(sequence):
            return
        number, command = int(sequence[2:-1] or 0), sequence[-1]
        if command == "A":
            self.row = max(self.top, self.row - number)
        elif sequence == "\x1b[2K":
            self.cells[self.row] = []
        elif sequence == "\x1b[J":
            del self.cells[self.row][self.column :]
            self.cells[self.row + 1 :] = [[] for _ in self.cells[self.row + 1 :]]
        else:
            raise AssertionError(f"a sequence that the tests do not know: {sequence!r}")


class Pipe(io.StringIO):
    """A stream that is no terminal."""

    encoding = "utf-8"


def live(screen: Screen, style: Style = PLAIN) -> Terminal:
    """A terminal that redraws."""
    return Terminal(screen, live=True, tty=True, style=style, size=screen.size)


DEPLOY = (
    ("survey", "Look at the hosts", (("survey", "look at the host"),)),
    ("prepare", "Prepare the release", (("code", "send the code"), ("venv", "build the venv"))),
    ("migrate", "Migrate", (("migrate", "run migrations"),)),
    ("boot", "Boot and check", (("boot", "boot beside the current release"),)),
    ("switch", "Switch", (("switch", "switch to the release"), ("verify", "ask through nginx"))),
    ("finish", "Finish", (("prune", "delete old releases"),)),
)


def deploy(*hosts: str) -> Plan:
    """A deploy as it is, but for its scripts; the first host leads."""
    phases = []
    for name, title, steps in DEPLOY:
        made = tuple(Step(step, what, Script(f"{step} it")) for step, what in steps)
        where = hosts[:1] if name == "migrate" else hosts
        phases.append(Phase(name, title, dict.fromkeys(where, made), final=name == "finish"))
    return Plan("deploy", tuple(phases))


def provision(*hosts: str) -> Plan:
    """An operation in which each host is on its own."""
    steps = tuple(Step(name, f"set up {name}", Script("true")) for name in ("packages", "accounts", "nginx"))
    phase = Phase("provision", "Make the hosts ready", dict.fromkeys(hosts, steps))
    return Plan("provision", (phase,), together=False)


def step(plan: Plan, name: str) -> Step:
    """A step of a plan by its name."""
    return next(it for phase in plan.phases for steps in phase.steps.values() for it in steps if it.name == name)


def phase(plan: Plan, name: str) -> Phase:
    """A phase of a plan by its name."""
    return next(it for it in plan.phases if it.name == name)
