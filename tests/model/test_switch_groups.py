"""Strategies: how many hosts are switched together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.core.errors import UsageError
from slipway.model.switch_groups import KINDS, Strategy, chosen
from tests.steps.targets import target

HOSTS = [f"web{number}" for number in range(1, 9)]


def sizes(strategy: Strategy, count: int = 8) -> list[int]:
    return [len(batch) for batch in strategy.batches(HOSTS[:count])]


def test_atomic_is_one_batch() -> None:
    assert sizes(Strategy()) == [8]


@pytest.mark.parametrize(
    ("batch", "expected"),
    [("1", [1] * 8), ("3", [3, 3, 2]), ("25%", [2] * 4), ("30%", [3, 3, 2]), ("100%", [8]), ("99", [8])],
)
def test_rolling_goes_in_batches(batch: str, expected: list[int]) -> None:
    assert sizes(Strategy("rolling", batch)) == expected


@pytest.mark.parametrize(("batch", "expected"), [("1", [1, 7]), ("25%", [2, 6]), ("1%", [1, 7]), ("100%", [7, 1])])
def test_a_canary_is_never_none_and_never_all(batch: str, expected: list[int]) -> None:
    assert sizes(Strategy("canary", batch)) == expected


def test_one_host_is_one_batch_whatever_the_strategy() -> None:
    assert {tuple(sizes(Strategy(kind), 1)) for kind in ("atomic", "rolling", "canary")} == {(1,)}


@given(st.sampled_from(KINDS), st.from_regex(r"\A(?:[1-9][0-9]?|[1-9][0-9]?%)\Z"), st.integers(1, 40))
def test_every_host_is_in_exactly_one_batch_and_in_order(kind: str, batch: str, count: int) -> None:
    batches = Strategy(kind, batch).batches(range(count))  # type: ignore[arg-type]
    assert [host for each in batches for host in each] == list(range(count))
    assert all(batches)


def test_the_command_line_wins_over_the_inventory() -> None:
    hosts = [target(strategy="rolling", batch="2", watch=60).host]
    assert chosen(hosts) == Strategy("rolling", "2", 60)
    assert chosen(hosts, "canary", "10%", 0) == Strategy("canary", "10%", 0)


@pytest.mark.parametrize(("kind", "batch"), [("blue", ""), ("rolling", "0"), ("rolling", "half"), ("canary", "120%")])
def test_nonsense_is_refused(kind: str, batch: str) -> None:
    with pytest.raises(UsageError):
        chosen([target().host], kind, batch)
