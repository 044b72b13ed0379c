"""Where hooks of the user's come in a deploy, and what they are told."""

from __future__ import annotations

import shlex

import pytest
from msgspec.structs import replace

from slipway.inventory.hook import Hook
from slipway.model.step import Target
from slipway.model.switch_groups import Strategy
from slipway.model.venv_passing_through import VenvArchive
from slipway.operations import plans
from slipway.operations.hooks import BEFORE, following, of_release
from tests.steps.targets import target


def fleet(*hooks: Hook, **app: object) -> list[Target]:
    return [target(name, leader=name == "web1", hooks=hooks, **app) for name in ("web1", "web2")]  # type: ignore[arg-type]


def order(*hooks: Hook, strategy: Strategy = plans.ATOMIC, **app: object) -> list[str]:
    return [phase.name for phase in plans.deploy(fleet(*hooks, **app), strategy).phases]


def test_each_hook_has_its_place_between_the_phases() -> None:
    names = [name for names in BEFORE.values() for name in names]
    hooks = [Hook(at=name, command="true") for name in names]  # type: ignore[arg-type]
    assert order(*hooks) == [
        "survey", "hook-before-deploy-1", "prepare", "hook-before-migrate-2", "migrate", "hook-after-migrate-3",
        "hook-before-boot-4", "boot", "hook-after-boot-5", "hook-before-switch-6", "switch", "hook-after-switch-7",
        "commit", "finish",
    ]  # fmt: skip


def test_hooks_around_migrations_run_for_an_app_without_any() -> None:
    hooks = [Hook(at="before-migrate", command="true"), Hook(at="after-migrate", command="true")]
    found = order(*hooks, migrate=False)
    assert found[:5] == ["survey", "prepare", "hook-before-migrate-1", "hook-after-migrate-2", "boot"]


def test_hooks_around_the_switch_run_once_however_many_batches_there_are() -> None:
    hooks = [Hook(at="before-switch", command="true"), Hook(at="after-switch", command="true")]
    found = order(*hooks, strategy=Strategy("rolling", "1"))
    assert found[3:] == [
        "boot", "hook-before-switch-1", "switch-1", "watch-1", "switch-2", "hook-after-switch-2", "commit", "finish",
    ]  # fmt: skip


@pytest.mark.parametrize(("on", "hosts"), [("first-host", ["web1"]), ("every-host", ["web1", "web2"]), ("here", [])])
def test_a_hook_runs_where_it_is_wanted(on: str, hosts: list[str]) -> None:
    hook = Hook(at="after-boot", command="echo 'a b'", on=on)  # type: ignore[arg-type]
    phase = next(phase for phase in plans.deploy(fleet(hook)).phases if phase.name.startswith("hook-"))
    assert list(phase.steps) == hosts
    assert bool(phase.local) == (on == "here")
    for steps in phase.steps.values():
        assert "sudo -n -u shop --" in steps[0].script.text
        assert shlex.quote("echo 'a b'") in steps[0].script.text


def test_a_hook_is_told_what_is_deployed_where() -> None:
    phase = next(
        phase
        for phase in plans.deploy(fleet(Hook(at="after-switch", command="true"))).phases
        if phase.name.startswith("hook-")
    )
    assert phase.local[0].env == {
        "SLIPWAY_HOOK": "after-switch",
        "SLIPWAY_APP": "shop",
        "SLIPWAY_HOSTS": "web1,web2",
        "SLIPWAY_URL": "http://www.example.org/",
        "TEST_SERVER": "www.example.org",
        "SLIPWAY_RELEASE": "20261120-131502-abc1234",
        "SLIPWAY_COMMIT": "abc1234" + "0" * 33,
        "SLIPWAY_REF": "main",
        "SLIPWAY_WHO": "ann@laptop",
    }


def test_only_hooks_of_that_moment_follow_an_operation() -> None:
    hooks = (Hook(at="after-deploy", command="one"), Hook(at="after-failure", command="two"))
    targets = fleet(*hooks)
    found = following([one.host for one in targets], "after-failure", of_release(targets[0]))
    assert [command.command for command in found] == ["two"]


def test_an_app_without_hooks_has_the_same_plan() -> None:
    assert order() == ["survey", "prepare", "migrate", "boot", "switch", "commit", "finish"]


def test_a_hook_before_the_deploy_comes_before_one_host_builds_for_all() -> None:
    targets = fleet(Hook(at="before-deploy", command="true"))
    offering = [replace(targets[0], offers=VenvArchive("web1")), targets[1]]
    found = [phase.name for phase in plans.deploy(offering).phases]
    assert found[:4] == ["survey", "hook-before-deploy-1", "venv", "prepare"]
