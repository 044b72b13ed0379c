"""Makes phases from the same steps on each host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from slipway.core.shell import Script
from slipway.model.lazy_steps import LazySteps
from slipway.model.step import Phase, Placed, Step, Target

P = TypeVar("P", bound=Placed)


def phases(*all: Phase) -> tuple[Phase, ...]:
    """The phases that have steps."""
    return tuple(phase for phase in all if phase.steps)


def phase(
    name: str, title: str, places: Sequence[P], *makes: Callable[[P], Step], final: bool = False, now: bool = False
) -> Phase:
    """Make a phase from the same steps on each host; a step with nothing to do there is left out."""
    steps = {place.host.name: steps_of(place, makes) for place in places}
    return Phase(name, title, {host: steps for host, steps in steps.items() if steps}, final, now=now)


def later(name: str, title: str, places: Sequence[P], *makes: Callable[[P], Step]) -> Phase:
    """Make a phase that has something to do on each host, and make its steps when they are needed."""
    return Phase(name, title, LazySteps({place.host.name: partial(steps_of, place, makes) for place in places}))


def steps_of(place: P, makes: Sequence[Callable[[P], Step]]) -> tuple[Step, ...]:
    """Make the steps of one host."""
    return tuple(step for make in makes if (step := make(place)).script.text)


def unless_done(make: Callable[[Target], Step]) -> Callable[[Target], Step]:
    """Make a step where it was not done before all others, for a venv that they share."""

    def made(target: Target) -> Step:
        return Step("done", "done already", Script("")) if target.offers else make(target)

    return made
