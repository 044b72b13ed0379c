"""Rollback: which release to return to, and what stands in between."""

from __future__ import annotations

import pytest

from slipway.core.errors import SlipwayError
from slipway.model.outcome import HostOutcome
from slipway.model.rollback_target import RollbackCandidates, Schema, choose, rollback_targets
from tests.steps.targets import target

A, B, C = "20261118-080000-aaa1111", "20261119-090000-bbb2222", "20261120-131502-ccc3333"


def candidates(current: str, *whole: str, left: tuple[str, ...] = (), **applied: list[str]) -> RollbackCandidates:
    known = {"A": A, "B": B, "C": C, "now": "now"}
    return RollbackCandidates(
        current, whole, frozenset(left), {known[name]: {"default": list} for name, list in applied.items()}
    )


def test_the_newest_earlier_release_is_chosen() -> None:
    assert choose({"web1": candidates(C, A, B, C)}) == B


def test_earlier_means_earlier_than_the_current_one_not_than_the_newest() -> None:
    assert choose({"web1": candidates(B, A, B, C)}) == A


def test_a_release_that_was_left_is_passed_over() -> None:
    assert choose({"web1": candidates(C, A, B, C, left=(B,))}) == A


def test_every_host_must_have_it() -> None:
    assert choose({"web1": candidates(C, A, B, C), "web2": candidates(C, A, C)}) == A


def test_hosts_that_differ_go_back_from_the_older_one() -> None:
    assert choose({"web1": candidates(C, A, B, C), "web2": candidates(B, A, B, C)}) == A


@pytest.mark.parametrize(
    "by_host",
    [{"web1": candidates(A, A)}, {"web1": candidates("", A)}, {"web1": candidates(B, A, B), "web2": candidates(B, B)}],
)
def test_there_may_be_nothing_to_return_to(by_host: dict[str, RollbackCandidates]) -> None:
    with pytest.raises(SlipwayError) as caught:
        choose(by_host)
    assert caught.value.hint


@pytest.mark.parametrize("name", [B, "20261119", "bbb2222", "bbb2222" + "0" * 33])
def test_a_release_is_named_by_the_beginning_of_its_id_or_commit(name: str) -> None:
    assert choose({"web1": candidates(C, A, B, C)}, name) == B


def test_one_that_was_left_can_be_named() -> None:
    assert choose({"web1": candidates(C, A, B, C, left=(B,))}, B) == B


@pytest.mark.parametrize("name", ["2026", "zzz", "20261119-090000-fff"])
def test_a_name_must_mean_one_release(name: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        choose({"web1": candidates(C, A, B, C)}, name)
    assert caught.value.code == 1  # 2 means that no host was contacted


def test_a_release_that_only_some_hosts_have_is_said_to_be_there() -> None:
    with pytest.raises(SlipwayError, match="only web1 has it"):
        choose({"web1": candidates(C, B, C), "web2": candidates(C, C)}, B)


def test_migrations_in_between_stop_for_a_decision() -> None:
    host = target().host
    by_host = {"web1": candidates(C, B, C, B=["shop.0001"], C=["shop.0001", "shop.0002"])}
    with pytest.raises(SlipwayError, match=r"shop\.0002") as caught:
        rollback_targets([host], by_host, B)
    assert "--keep-schema" in caught.value.hint and "--migrate-back" in caught.value.hint
    assert rollback_targets([host], by_host, B, "keep")[0].migrate_back == {}
    assert rollback_targets([host], by_host, B, "back")[0].migrate_back == {"default": ["shop.0002"]}


def test_without_records_nothing_stands_in_between() -> None:
    assert rollback_targets([target().host], {"web1": candidates(C, B, C)}, B)[0].migrate_back == {}


def test_hosts_that_are_there_already_have_no_part() -> None:
    hosts = [target("web1").host, target("web2").host]
    backs = rollback_targets(hosts, {"web1": candidates(C, B, C), "web2": candidates(B, B, C)}, B)
    assert [(back.host.name, back.left) for back in backs] == [("web1", C)]


def test_rollback_candidates_are_read_from_what_a_host_reports() -> None:
    facts = {"current": C, "whole": f"{C} {B} ", "left": f"{B} ", f"applied.{B}": '{"default": ["shop.0001"]}'}
    assert RollbackCandidates.of(HostOutcome("web1", facts=facts)) == RollbackCandidates(
        C, (C, B), frozenset({B}), {B: {"default": ["shop.0001"]}}
    )


def test_earlier_is_what_came_to_the_hosts_earlier_whatever_the_clock_said_that_named_it() -> None:
    assert choose({"web1": candidates(A, B, C, A), "web2": candidates(A, B, C, A)}) == C


def test_what_the_database_has_now_counts_and_not_what_it_had_with_the_current_release() -> None:
    one, two = ["shop.0001"], ["shop.0001", "shop.0002"]
    host = target().host
    assert rollback_targets([host], {"web1": candidates(C, B, C, B=one, C=two, now=one)}, B)
    with pytest.raises(SlipwayError, match=r"migrated since .*shop\.0002"):
        rollback_targets([host], {"web1": candidates(C, B, C, B=one, C=one, now=two)}, B)


@pytest.mark.parametrize("schema", ["stop", "back"])
def test_a_release_whose_migrations_were_taken_back_is_refused_and_the_deploy_that_migrates_is_named(
    schema: Schema,
) -> None:
    by_host = {"web1": candidates(B, B, C, B=["shop.0001"], C=["shop.0001", "shop.0002"], now=["shop.0001"])}
    with pytest.raises(SlipwayError, match=r"needs migrations that the database does not have: shop\.0002") as caught:
        rollback_targets([target().host], by_host, C, schema)
    assert caught.value.hint == "`fab deploy --ref=ccc3333` brings its commit, and migrates."
    assert rollback_targets([target().host], by_host, C, "keep")[0].id == C
