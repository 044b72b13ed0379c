"""The functions that all tasks share."""

from __future__ import annotations

import time

import pytest

from slipway.model.outcome import Outcome
from slipway.model.release import Taken
from slipway.model.step import Plan
from tasks.common import NAMES, release


class Fleet:
    """Hosts that have a release of some names already."""

    def __init__(self, *taken: str) -> None:
        self.taken = taken

    def run(self, plan: Plan) -> Outcome:
        if plan.operation in self.taken:
            raise Taken(plan.operation)
        return Outcome(plan.operation, {})


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


def released(fleet: Fleet) -> str:
    plans = (Plan(f"a{number}", ()) for number in range(1, 10))
    outcome, plan, _ = release(fleet, Plan("a0", ()), [], lambda: (next(plans), []))  # type: ignore[arg-type]
    assert outcome.operation == plan.operation
    return plan.operation


def test_a_release_whose_name_is_free_keeps_it(slept: list[float]) -> None:
    assert (released(Fleet()), slept) == ("a0", [])


def test_a_release_whose_name_is_taken_gets_that_of_a_later_second(slept: list[float]) -> None:
    assert (released(Fleet("a0", "a1")), slept) == ("a2", [1, 1])


def test_it_is_told_where_every_name_is_taken(slept: list[float]) -> None:
    with pytest.raises(Taken, match=r"there is a release a4 already"):
        released(Fleet("a0", "a1", "a2", "a3", "a4"))
    assert len(slept) == NAMES
