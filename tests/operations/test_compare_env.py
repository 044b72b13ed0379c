"""The running environment is compared with the inventory: by name, never by value."""

from __future__ import annotations

from slipway.env.dotenv import Secret
from slipway.env.sources import Command, Generate, Source, Table, Wanted
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.stored_overrides import NOTHING, Entry, Overrides
from slipway.operations.compare_env import Difference, Variable, differences, variables
from slipway.operations.current_settings import CurrentSettings
from tests.env.test_sources import command

WHEN = "2026-11-20T12:00:00.000000+00:00"


def entry(value: str | None) -> Entry:
    return Entry(None if value is None else Secret(value), "ann@laptop", WHEN)


def secrets(**values: str) -> dict[str, Secret]:
    return {name: Secret(value) for name, value in values.items()}


def current_settings(overrides: Overrides = NOTHING, **environment: str) -> CurrentSettings:
    return CurrentSettings("20261120-131502-abc1234", {}, overrides, secrets(**environment))


def test_each_name_has_an_origin_and_says_how_it_differs() -> None:
    sources: list[Source] = [
        Table("prod.env", secrets(SAME="1", CHANGED="2", NEW="3", OVER="4", OFF="5")),
        Table("[env]", {"KEY": Generate(), "ASKED": command("exit 1")}),
    ]
    overrides = Overrides({"OVER": entry("x"), "OFF": entry(None), "SET": entry("y")}, {"KEY": entry("k")}, {}, WHEN)
    one = current_settings(overrides, SAME="1", CHANGED="old", OVER="x", SET="y", KEY="k", ASKED="a", GONE="g")
    assert variables(one, sources, ["NEEDED", "SAME"]) == [
        Variable("ASKED", "[env], a command"),
        Variable("CHANGED", "prod.env", "changed in the inventory, not deployed yet"),
        Variable("GONE", "", "no longer in the inventory"),
        Variable("KEY", "[env], generated", "", True, "ann@laptop", WHEN),
        Variable("NEEDED", "", "required, and missing", False),
        Variable("NEW", "prod.env", "not deployed yet", False),
        Variable("OFF", "env.unset", "overrules prod.env", False, "ann@laptop", WHEN),
        Variable("OVER", "env.set", "overrules prod.env", True, "ann@laptop", WHEN),
        Variable("SAME", "prod.env"),
        Variable("SET", "env.set", "", True, "ann@laptop", WHEN),
    ]


def test_a_name_that_only_a_command_can_have_given_is_said_to_be_from_it() -> None:
    sources: list[Source] = [Command("inventory.toml: env_commands[0]", "exit 1", command("").folder)]
    assert variables(current_settings(A="1"), sources, []) == [
        Variable("A", "inventory.toml: env_commands[0], a command")
    ]


def fleet(*names: str) -> list[Host]:
    return [Host(name=name, app=App(name="shop"), groups=("prod",)) for name in names]


def compared(found: dict[str, CurrentSettings], wanted: dict[str, Wanted]) -> list[Difference]:
    return differences(fleet(*found), found, wanted, {name: one.overrides for name, one in found.items()})


def test_what_a_deploy_would_change_is_told_once_with_the_hosts() -> None:
    wanted = Wanted(secrets(A="1", B="2", C="3"))
    found = {"web1": current_settings(A="1", B="old", D="4"), "web2": current_settings(A="1", B="old", C="3", D="4")}
    assert compared(found, {"web1": wanted, "web2": wanted}) == [
        Difference("B", "changed", ("web1", "web2")),
        Difference("C", "added", ("web1",)),
        Difference("C", "differs", ("web1", "web2")),
        Difference("D", "removed", ("web1", "web2")),
    ]


def test_hosts_that_are_to_differ_may_differ() -> None:
    found = {"web1": current_settings(A="1"), "web2": current_settings(A="2"), "web3": current_settings(A="2")}
    each = {"web1": Wanted(secrets(A="1")), "web2": Wanted(secrets(A="2")), "web3": Wanted(secrets(A="2"))}
    assert compared(found, each) == []
    same = dict.fromkeys(found, Wanted(secrets(A="2")))
    assert compared(found, same) == [
        Difference("A", "changed", ("web1",)),
        Difference("A", "differs", ("web1", "web2, web3")),
    ]


def test_nothing_of_it_holds_a_value() -> None:
    found = {"web1": current_settings(Overrides({"A": entry("hidden")}, {}, {}, WHEN), A="hidden", B="hidden")}
    rows = compared(found, {"web1": Wanted(secrets(B="hidden too"))})
    assert "hidden" not in repr(rows) + repr(found) + repr(variables(found["web1"], [], []))
