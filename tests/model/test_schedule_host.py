"""Which host of the fleet runs the schedules."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.inventory import Host
from slipway.inventory.app import App, Schedule
from slipway.model.schedule_host import Record, ScheduleDecision, candidates, decide, fleets, stale, valid

NOW = 1_800_000_030.0
TICK = {"tick": Schedule(cron="* * * * *", command="true")}


def host(name: str, /, *groups: str, **app: Any) -> Host:
    settings = {"name": "shop", "schedules": TICK, **app}
    return Host(name=name, app=App(**settings), address=f"10.0.0.{name[-1]}", groups=groups or ("prod",))


FLEET = [host("web1"), host("web2"), host("web3")]


def decided(
    records: dict[str, Record | None], missing: tuple[str, ...] = (), fleet: list[Host] = FLEET
) -> ScheduleDecision:
    return decide(fleet, records, missing, NOW, "ann")


def names(fleets: list[list[Host]]) -> list[list[str]]:
    return [[one.name for one in fleet] for fleet in fleets]


def on(name: str, decided: float = 1.0) -> Record:
    return {"host": name, "from": 0, "before": None, "decided": decided, "where": {}}


def test_hosts_that_share_a_group_by_whatever_way_are_one_fleet() -> None:
    hosts = [host("a1", "prod"), host("b2", "stage"), host("c3", "prod", "eu"), host("d4", "eu"), host("e5", "stage")]
    assert names(fleets(hosts)) == [["a1", "c3", "d4"], ["b2", "e5"]] or names(fleets(hosts))[::-1] == [
        ["a1", "c3", "d4"], ["b2", "e5"],
    ]  # fmt: skip


def test_apps_of_different_names_are_different_fleets() -> None:
    assert len(fleets([host("a1", "prod"), host("b2", "prod", name="blog")])) == 2


def test_the_first_host_that_has_schedules_is_the_one_unless_another_is_named() -> None:
    fleet = [host("web1", schedules={}), host("web2"), host("web3")]
    assert [one.name for one in candidates(fleet)] == ["web2", "web3"]
    fleet = [host("web1", scheduler="web2"), host("web2"), host("web3")]
    assert [one.name for one in candidates(fleet)] == ["web2", "web1", "web3"]


def test_a_fleet_without_schedules_has_nothing_to_decide() -> None:
    assert decided({"web1": None}, fleet=[host("web1", schedules={})]).record is None


def test_a_new_fleet_begins_with_its_first_host_at_once() -> None:
    made = decided(dict.fromkeys(("web1", "web2", "web3")))
    assert made.record is not None
    assert (made.record["host"], made.record["from"], made.note) == ("web1", 0, "")
    assert made.tell == ("web1", "web2", "web3")


def test_a_part_of_a_new_fleet_waits_for_the_first_host() -> None:
    made = decided({"web2": None})
    assert made.record is not None
    assert (made.record["host"], made.record["decided"]) == ("web1", 0)
    assert "web1" in made.note


def test_what_all_know_is_told_to_nobody() -> None:
    assert decided(dict.fromkeys(("web1", "web2", "web3"), on("web1"))).tell == ()


def test_a_part_of_the_fleet_takes_nothing_from_a_host_that_does_not_hear_of_it() -> None:
    assert decided({"web2": on("web1"), "web3": None}) == ScheduleDecision(on("web1"), ("web3",))
    assert decided({"web2": on("web2"), "web3": on("web2")}) == ScheduleDecision(
        on("web2")
    )  # whose turn it is was not there


def test_a_host_that_is_away_is_replaced_at_once_and_named() -> None:
    made = decided({"web2": on("web1"), "web3": on("web1")}, missing=("web1",))
    assert made.record is not None
    assert (made.record["host"], made.record["from"], made.record["before"]) == ("web2", 0, None)
    assert made.left is None
    assert "should web1 come back" in made.note


@pytest.mark.parametrize("second", [0, 14, 15, 59])
def test_two_hosts_that_both_hear_of_it_change_at_the_same_minute(second: int) -> None:
    now = 1_800_000_000.0 + second
    made = decide(FLEET, {"web1": on("web1"), "web2": on("web2", 2.0)}, (), now, "ann")
    assert made.record is not None
    assert (made.record["host"], made.record["before"]) == ("web1", "web2")
    assert made.record["from"] % 60 == 0
    assert 45 < made.record["from"] - now <= 105


def test_a_host_that_was_taken_out_of_the_inventory_is_to_be_told() -> None:
    made = decided({"web2": on("web9"), "web3": on("web9")}, fleet=FLEET[1:])
    assert made.record is not None
    assert (made.record["host"], made.record["before"], made.left) == ("web2", "web9", on("web9"))


@pytest.mark.parametrize("told", [
    None, [], "web1", {}, {"host": "web1"}, {"host": 1, "from": 0, "decided": 1}, {"host": "", "from": 0, "decided": 1},
    {"host": "web1", "from": "now", "decided": 1}, {"host": "web1", "from": 0, "decided": True},
    {"host": "web1", "from": float("inf"), "decided": 1}, {"host": "web1", "from": 0, "decided": 1, "before": ["web2"]},
])  # fmt: skip
def test_what_is_no_decision_counts_as_none(told: object) -> None:
    assert valid(told) is None


def test_a_decision_never_holds_an_address() -> None:
    record = decided(dict.fromkeys(("web1", "web2"))).record
    assert record is not None
    assert valid(record) == record
    assert set(record) == {"host", "from", "before", "decided", "who"}


def test_who_runs_them_by_an_old_decision_is_stale() -> None:
    assert stale({"web1": on("web1", 1.0), "web2": on("web2", 2.0), "web3": on("web1", 1.0)}) == ["web1"]
    assert stale({"web1": on("web1"), "web2": None}) == []
