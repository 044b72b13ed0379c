"""Rollback: which release to return to, and what stands in between."""

from __future__ import annotations

import pytest

from slipway.core.errors import SlipwayError, UsageError
from slipway.model.rollback_target import Shelf, choose, returns
from tests.steps.targets import target

A, B, C = "20261118-080000-aaa1111", "20261119-090000-bbb2222", "20261120-131502-ccc3333"


def shelf(current: str, *whole: str, left: tuple[str, ...] = (), **applied: list[str]) -> Shelf:
    known = {"A": A, "B": B, "C": C}
    return Shelf(current, whole, frozenset(left), {known[name]: {"default": list} for name, list in applied.items()})


def test_the_newest_earlier_release_is_chosen() -> None:
    assert choose({"web1": shelf(C, A, B, C)}) == B


def test_earlier_means_earlier_than_the_current_one_not_than_the_newest() -> None:
    assert choose({"web1": shelf(B, A, B, C)}) == A


def test_a_release_that_was_left_is_passed_over() -> None:
    assert choose({"web1": shelf(C, A, B, C, left=(B,))}) == A


def test_every_host_must_have_it() -> None:
    assert choose({"web1": shelf(C, A, B, C), "web2": shelf(C, A, C)}) == A


def test_hosts_that_differ_go_back_from_the_older_one() -> None:
    assert choose({"web1": shelf(C, A, B, C), "web2": shelf(B, A, B, C)}) == A


@pytest.mark.parametrize(
    "shelves", [{"web1": shelf(A, A)}, {"web1": shelf("", A)}, {"web1": shelf(B, A, B), "web2": shelf(B, B)}]
)
def test_there_may_be_nothing_to_return_to(shelves: dict[str, Shelf]) -> None:
    with pytest.raises(SlipwayError) as caught:
        choose(shelves)
    assert caught.value.hint


@pytest.mark.parametrize("name", [B, "20261119", "bbb2222", "bbb2222" + "0" * 33])
def test_a_release_is_named_by_the_beginning_of_its_id_or_commit(name: str) -> None:
    assert choose({"web1": shelf(C, A, B, C)}, name) == B


def test_one_that_was_left_can_be_named() -> None:
    assert choose({"web1": shelf(C, A, B, C, left=(B,))}, B) == B


@pytest.mark.parametrize("name", ["2026", "zzz", "20261119-090000-fff"])
def test_a_name_must_mean_one_release(name: str) -> None:
    with pytest.raises(UsageError):
        choose({"web1": shelf(C, A, B, C)}, name)


def test_a_release_that_only_some_hosts_have_is_said_to_be_there() -> None:
    with pytest.raises(UsageError, match="only web1 has it"):
        choose({"web1": shelf(C, B, C), "web2": shelf(C, C)}, B)


def test_migrations_in_between_stop_for_a_decision() -> None:
    host = target().host
    shelves = {"web1": shelf(C, B, C, B=["shop.0001"], C=["shop.0001", "shop.0002"])}
    with pytest.raises(SlipwayError, match=r"shop\.0002") as caught:
        returns([host], shelves, B)
    assert "--keep-schema" in caught.value.hint and "--migrate-back" in caught.value.hint
    assert returns([host], shelves, B, "keep")[0].unapply == {}
    assert returns([host], shelves, B, "back")[0].unapply == {"default": ["shop.0002"]}


def test_without_records_nothing_stands_in_between() -> None:
    assert returns([target().host], {"web1": shelf(C, B, C)}, B)[0].unapply == {}


def test_hosts_that_are_there_already_have_no_part() -> None:
    hosts = [target("web1").host, target("web2").host]
    backs = returns(hosts, {"web1": shelf(C, B, C), "web2": shelf(B, B, C)}, B)
    assert [(back.host.name, back.left) for back in backs] == [("web1", C)]


def test_a_shelf_is_read_from_what_a_host_reports() -> None:
    facts = {"current": C, "whole": f"{C} {B} ", "left": f"{B} ", f"applied.{B}": '{"default": ["shop.0001"]}'}
    assert Shelf.of(facts) == Shelf(C, (C, B), frozenset({B}), {B: {"default": ["shop.0001"]}})


def test_earlier_is_what_came_to_the_hosts_earlier_whatever_the_clock_said_that_named_it() -> None:
    assert choose({"web1": shelf(A, B, C, A), "web2": shelf(A, B, C, A)}) == C
