"""Defines who is told about progress: the interface between a running plan and the output."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from slipway.fleet.read_script_result import Hear
    from slipway.model.step import Phase, Plan, Step


class Reporter(Protocol):
    """Receives the progress of a plan as it happens; called from several threads."""

    def begin(self, plan: Plan, connect: bool) -> None:
        """A plan begins; first the hosts are connected to, if they are not yet."""

    def phase(self, phase: Phase) -> None: ...
    def step(self, host: str, step: Step) -> None: ...
    def line(self, host: str, text: str) -> None: ...

    def ended(self, host: str, phase: str, ok: bool) -> None:
        """A host is through with a phase; with `connect` and `undo` too, which are in no plan."""

    def undoing(self, hosts: Iterable[str]) -> None: ...

    def ask(self, question: str) -> bool:
        """Have a person decide; no answer is a no."""


class SafeReporter:
    """Passes everything on to a reporter, until that one fails: hosts must not be left half done for a broken pipe."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter: Reporter | None = reporter

    def begin(self, plan: Plan, connect: bool) -> None:
        self._tell("begin", plan, connect)

    def phase(self, phase: Phase) -> None:
        self._tell("phase", phase)

    def step(self, host: str, step: Step) -> None:
        self._tell("step", host, step)

    def line(self, host: str, text: str) -> None:
        self._tell("line", host, text)

    def ended(self, host: str, phase: str, ok: bool) -> None:
        self._tell("ended", host, phase, ok)

    def undoing(self, hosts: Iterable[str]) -> None:
        self._tell("undoing", hosts)

    def ask(self, question: str) -> bool:
        try:
            return bool(self._reporter and self._reporter.ask(question))
        except Exception:
            return False

    def _tell(self, what: str, *about: object) -> None:
        try:
            if self._reporter:
                getattr(self._reporter, what)(*about)
        except Exception:
            self._reporter = None


def told_to(reporter: Reporter, host: str, steps: Iterable[Step]) -> Hear:
    """Pass on to a reporter what a host's session hears."""
    by_name = {step.name: step for step in steps}

    def hear(kind: str, text: str) -> None:
        if kind == "step" and text in by_name:
            reporter.step(host, by_name[text])
        elif kind == "line":
            reporter.line(host, text)

    return hear
