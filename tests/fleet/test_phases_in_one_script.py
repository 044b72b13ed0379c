"""Which phases are joined into one script."""

from __future__ import annotations

from slipway.core.shell import Script
from slipway.fleet.phases_in_one_script import joined_phases
from slipway.model.step import Facts, Phase, Step


def phase(name: str, *hosts: str, final: bool = False, now: bool = False, question: str = "") -> Phase:
    steps = {host: (Step(f"{name}-step", name, Script("true")),) for host in hosts}
    return Phase(name, name, steps, final=final, now=now, question=question)


def together(*phases: Phase) -> list[list[str]]:
    return [[phase.name for phase in group] for group in joined_phases(phases)]


def test_one_host_does_phases_right_after_one_another() -> None:
    assert together(phase("a", "web1"), phase("b", "web1"), phase("c", "web1")) == [["a", "b", "c"]]


def test_several_hosts_wait_for_each_other() -> None:
    assert together(phase("a", "web1", "web2"), phase("b", "web1"), phase("c", "web2")) == [["a"], ["b"], ["c"]]


def test_a_decision_a_question_and_what_comes_after_the_decision_stand_alone() -> None:
    kinds = (
        phase("a", "web1"),
        phase("b", "web1", now=True),
        phase("c", "web1"),
        phase("d", "web1", question="Go on?"),
    )
    assert together(*kinds) == [["a"], ["b"], ["c"], ["d"]]
    assert together(phase("a", "web1"), phase("b", "web1", final=True)) == [["a"], ["b"]]


def test_what_may_be_the_end_stands_alone() -> None:
    look = Phase("look", "look", phase("look", "web1").steps, settles="same")
    assert together(look, phase("a", "web1")) == [["look"], ["a"]]


def test_what_needs_something_to_be_sent_begins_anew() -> None:
    def data(facts: Facts) -> bytes:
        return b"data"

    sent = Phase("sent", "sent", {"web1": (Step("take", "take", Script("take"), data),)})
    assert together(phase("a", "web1"), sent, phase("b", "web1")) == [["a"], ["sent", "b"]]


def test_steps_of_one_name_are_kept_apart() -> None:
    assert together(phase("a", "web1"), phase("a", "web1")) == [["a"], ["a"]]
