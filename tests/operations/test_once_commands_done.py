"""A command of `app.once` runs on one host of a fleet, once, whichever host is the first."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from slipway.core.errors import SlipwayError
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.step import Target
from slipway.operations import plans
from slipway.operations.once_commands_done import informed, left_out
from slipway.steps import once_in_app_life
from slipway.steps.release_fingerprint import fingerprint
from tests.steps.targets import target

ONCE = {"init-db": "flask init-db"}


def pair(**more: object) -> list[Target]:
    return [target("web1", once=ONCE, **more), target("web2", once=ONCE, leader=False, **more)]  # type: ignore[arg-type]


def script(target: Target) -> str:
    return once_in_app_life.run(target).script.text


def test_it_runs_on_the_first_host_and_is_recorded_on_all() -> None:
    made = plans.deploy(pair())
    by_phase = {
        phase.name: {host: [step.name for step in steps] for host, steps in phase.steps.items()}
        for phase in made.phases
    }
    assert by_phase["migrate"] == {"web1": ["migrate", "once"]}
    assert all("ran-once" in steps for steps in by_phase["finish"].values())
    assert "[[ ! -e /srv/shop/once/init-db ]]" in script(pair()[0])


def test_what_ran_on_another_host_does_not_run_again() -> None:
    knowing = informed(pair(), {"web2": {"once": "init-db other"}}, [])
    assert "sudo" in script(pair()[0])
    assert "sudo" not in script(knowing[0])
    assert "/srv/shop/once/init-db" in script(knowing[0])


def test_with_sqlite_each_host_runs_it_for_itself() -> None:
    knowing = informed(pair(sqlite=True), {"web2": {"once": "init-db"}}, ["web3"])
    assert "sudo" in script(knowing[0])


def test_where_nothing_is_new_the_targets_stay_the_same() -> None:
    targets = pair()
    for facts in ({}, {"web1": {"once": "init-db"}, "web2": {"once": "init-db"}}):
        assert all(new is old for new, old in zip(informed(targets, facts, []), targets, strict=True))


def test_a_deploy_that_leaves_hosts_out_does_not_guess() -> None:
    with pytest.raises(SlipwayError, match="may have run on web3") as caught:
        informed(pair(), {}, ["web3"])
    assert "--hosts=web1,web2,web3" in caught.value.hint
    assert informed(pair(), {"web2": {"once": "init-db"}}, ["web3"])[0].once_done == {"init-db"}


def test_changes_of_settings_run_nothing() -> None:
    changed = [replace(each, operation="env.set") for each in pair()]
    assert script(changed[0]) == once_in_app_life.remember(changed[0]).script.text == ""
    informed(changed, {}, ["web3"])


def test_hosts_of_other_groups_are_no_part_of_the_fleet() -> None:
    def host(name: str, *groups: str) -> Host:
        return Host(name=name, app=App(name="shop"), groups=groups)

    hosts = [host("web1", "prod"), host("web2", "prod"), host("test1", "stage"), host("alone")]
    assert left_out(hosts, hosts[:1]) == ("web2",)
    assert left_out(hosts, hosts[:2]) == left_out(hosts, hosts[3:]) == ()


def test_a_new_name_makes_a_release_where_all_else_is_the_same() -> None:
    assert fingerprint(target()) != fingerprint(target(once=ONCE))
