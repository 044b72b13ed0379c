"""Joins phases that need not wait for other hosts into one script, to save round trips."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import chain

from slipway.core.shell import Script
from slipway.fleet.read_script_result import Hear
from slipway.fleet.reporter import Reporter
from slipway.model.outcome import Outcome
from slipway.model.step import Phase, Plan, Step, compose

PhaseGroup = tuple[Phase, ...]


def joined_phases(phases: Sequence[Phase]) -> Iterator[PhaseGroup]:
    """Put phases together that one host does right after one another: a barrier is nothing to a single host.

    What decides, what may be the end, what is asked first and what needs anything to be sent begins a new group.
    """
    group: PhaseGroup = ()
    for phase in phases:
        if group and not _goes_on(group, phase):
            yield group
            group = ()
        group += (phase,)
    if group:
        yield group


def steps_of(group: PhaseGroup, host: str) -> tuple[Step, ...]:
    """What a host does in all of these phases."""
    return tuple(chain.from_iterable(phase.steps[host] for phase in group))


def first_scripts(plan: Plan) -> dict[str, Script]:
    """What hosts may begin with, each for itself, as soon as they are connected; by their names."""
    if not plan.phases or not plan.phases[0].early:
        return {}
    group = next(joined_phases(plan.phases))
    return {host: compose(steps_of(group, host)) for host in group[0].steps}


def _goes_on(group: PhaseGroup, phase: Phase) -> bool:
    last, hosts = group[-1], set(phase.steps)
    if len(hosts) != 1 or set(last.steps) != hosts:
        return False
    if last.settles or last.revise or phase.settles or phase.revise or phase.question or phase.local:
        return False
    if last.now or phase.now or last.final != phase.final:
        return False
    (host,) = hosts
    steps, known = phase.steps[host], {step.name for step in steps_of(group, host)}
    return not any(step.payload or step.uploads or step.name in known for step in steps)


class JoinedScripts:
    """Knows in which phase of a group a host is, tells it, and takes the time.

    Args:
        group: its phases; the first one has been told already.
    """

    def __init__(self, group: PhaseGroup, outcome: Outcome, reporter: Reporter) -> None:
        self.phase = group[0]
        self._phases = {step.name: phase for phase in group for steps in phase.steps.values() for step in steps}
        self._outcome, self._reporter = outcome, reporter
        self._began = time.monotonic()

    def listener(self, host: str, hear: Hear) -> Hear:
        """Hear what `hear` does, and notice when a phase begins."""

        def listen(kind: str, text: str) -> None:
            if kind == "step" and self._phases.get(text, self.phase) is not self.phase:
                self._reporter.ended(host, self.phase.name, True)
                self.end()
                self.phase = self._phases[text]
                self._reporter.phase(self.phase)
            hear(kind, text)

        return listen

    def end(self) -> None:
        """A phase is over."""
        now = time.monotonic()
        self._outcome.phases[self.phase.name] = now - self._began
        self._began = now
