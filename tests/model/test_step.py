"""Steps, phases and plans: how scripts are composed of them."""

from __future__ import annotations

import subprocess
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.core.shell import PRELUDE, Script
from slipway.model.lazy_steps import LazySteps
from slipway.model.step import Facts, Phase, Plan, Revision, Step, compose, payload


def step(name: str, script: str = "", data: bytes | None = None) -> Step:
    return Step(name, name.capitalize(), Script(script), None if data is None else lambda facts: data)


def run(steps: tuple[Step, ...], facts: Facts) -> bytes:
    """Output of steps as a host runs them."""
    program = f"{PRELUDE}{compose(steps)}\n"
    done = subprocess.run(["bash", "-c", program], input=payload(steps, facts), capture_output=True, check=False)
    return done.stdout


def test_steps_run_one_after_another_each_announced() -> None:
    assert run((step("one", "echo 1"), step("two", "echo 2")), {}) == b"\x01step one\n1\n\x01step two\n2\n"


def test_a_step_that_fails_is_the_last_one() -> None:
    output = run((step("one", "echo 1; false"), step("two", "echo 2")), {})
    assert output == b"\x01step one\n1\n\x01error 1 false\n"


def test_a_step_that_leaves_its_last_line_open_does_not_swallow_the_next() -> None:
    assert run((step("one", "cat <<'END'\n1\nEND"), step("two", "echo 2 # really")), {}).endswith(b"two\n2\n")


def test_a_step_without_payload_takes_nothing_from_the_others() -> None:
    steps = (step("one", "take", b"first\n"), step("two", "true"), step("three", "take", b"third\n"))
    assert run(steps, {}) == b"\x01step one\nfirst\n\x01step two\n\x01step three\nthird\n"


@given(st.lists(st.binary(max_size=300), max_size=4))
def test_payloads_are_framed(parts: list[bytes]) -> None:
    framed = payload(tuple(step(str(number), "take", part) for number, part in enumerate(parts)), {})
    found = []
    while framed:
        size, _, framed = framed.partition(b"\n")
        found.append(framed[: int(size)])
        framed = framed[int(size) :]
    assert found == parts


def test_payloads_are_made_from_what_the_host_said() -> None:
    greeting = Step("greet", "Greet", Script("take"), lambda facts: facts["me"].encode())
    assert payload((greeting,), {"me": "web1"}) == b"4\nweb1"


def test_payloads_do_not_show() -> None:
    assert "secret" not in repr(step("one", "take", b"secret"))
    assert "secret" not in repr(Step("one", "One", Script("take"), partial(bytes.join, b"secret")))


def test_what_makes_a_plan_anew_does_not_show_what_it_knows() -> None:
    def revised(known: str, told: object, facts: object) -> Revision | None:
        return None

    survey = Phase("survey", "Look at the hosts", {}, revise=partial(revised, "secret"))
    assert "secret" not in repr(Plan("deploy", (survey,)))


def test_a_plan_is_for_all_hosts_or_none_unless_it_says_otherwise() -> None:
    assert Plan("deploy", ()).together


def test_steps_that_are_made_later_are_made_once_and_only_for_whom_they_are_asked() -> None:
    made: list[str] = []

    def make(host: str) -> tuple[Step, ...]:
        made.append(host)
        return (Step("a", "A", Script("true")),)

    steps = LazySteps({host: partial(make, host) for host in ("web1", "web2")})
    assert (list(steps), len(steps), "web1" in steps, "web3" in steps) == (["web1", "web2"], 2, True, False)
    assert made == []
    assert steps["web2"] is steps["web2"]
    assert made == ["web2"]
    with pytest.raises(KeyError):
        steps["web3"]
