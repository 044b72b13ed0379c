"""Has the rest of a plan made anew where it depends on what the hosts have told."""

from __future__ import annotations

from slipway.model.outcome import Outcome
from slipway.model.records_for_history import with_records
from slipway.model.step import Phase, Plan

Phases = tuple[Phase, ...]


def revised(plan: Plan, phase: Phase, rest: Phases, outcome: Outcome) -> tuple[Plan, Phase, Phases]:
    """The plan that goes on after a phase: the phase in it, and what follows.

    Args:
        rest: what follows in the plan that runs.
        outcome: what the hosts have told so far; gets the notes of what was made anew.

    Raises:
        SlipwayError: the operation cannot go on; nothing was begun.
    """
    facts = {name: host.facts for name, host in outcome.hosts.items()}
    revision = phase.revise(outcome.hidden, facts) if phase.revise else None
    if not revision:
        return plan, phase, rest
    plan = with_records(revision.plan or plan, revision.records)
    for name, notes in revision.notes.items():
        outcome.hosts[name].notes += notes
    for name, moved in revision.moved.items():
        outcome.hosts[name].moved = moved
    if not revision.plan:
        return plan, phase, rest
    phases = revision.plan.phases
    place = next(index for index, made in enumerate(phases) if made.name == phase.name)
    return plan, phases[place], phases[place + 1 :]
