"""One host of each kind makes the venv for those that lack it, too."""

from __future__ import annotations

from msgspec.structs import replace

from slipway.inventory.app import Build
from slipway.model.step import Target
from slipway.operations import plans
from slipway.operations.one_builder import assigned
from slipway.steps import release_fingerprint
from slipway.steps.venv_of_another_host import FACT
from tests.steps.targets import target

DEBIAN, OTHER = "x86_64 debian 12 /usr/bin/python3.11 /srv/shop/venvs/a", "aarch64 debian 12 /usr/bin/python3.11 /a"


def fleet(count: int = 4, **build: object) -> list[Target]:
    made = [target(f"web{number}", leader=number == 1) for number in range(1, count + 1)]
    settings = Build(**{"on_one_host": True, **build})  # type: ignore[arg-type]
    return [replace(one, app=replace(one.app, build=settings)) for one in made]


def roles(targets: list[Target], *kinds: str) -> str:
    facts = {one.host.name: {FACT: kind} for one, kind in zip(targets, kinds, strict=True)} if kinds else None
    made = assigned(targets, facts)
    return " ".join("offers" if one.offers else one.receives.host if one.receives else "-" for one in made)


def test_the_first_of_each_kind_builds_for_the_others() -> None:
    assert roles(fleet(), DEBIAN, OTHER, DEBIAN, OTHER) == "offers offers web1 web2"


def test_who_has_the_venv_or_is_alone_of_its_kind_takes_no_part() -> None:
    assert roles(fleet(), "", DEBIAN, DEBIAN, OTHER) == "- offers web2 -"
    assert roles(fleet(), "", "", "", "") == "- - - -"


def test_before_the_hosts_have_told_anything_they_count_as_of_one_kind() -> None:
    assert roles(fleet()) == "offers web1 web1 web1"


def test_it_is_off_by_default_and_never_for_one_host_for_sent_wheels_or_for_a_change_of_settings() -> None:
    assert roles(fleet(on_one_host=False)) == "- - - -"
    assert roles(fleet(1)) == "-"
    assert roles(fleet(wheels="wheels")) == "- - - -"
    assert roles([replace(one, operation="env.set") for one in fleet()]) == "- - - -"


def test_hosts_whose_apps_need_something_else_share_nothing() -> None:
    one, other = fleet(2)
    other = replace(other, app=replace(other.app, add_requirements=("more",)))
    assert roles([one, other], DEBIAN, DEBIAN) == "- -"


def test_the_one_that_builds_is_through_with_that_before_the_others_begin() -> None:
    made = plans.deploy(assigned(fleet(2), {"web1": {FACT: DEBIAN}, "web2": {FACT: DEBIAN}}))
    steps = {phase.name: {host: [s.name for s in phase.steps[host]] for host in phase.steps} for phase in made.phases}
    assert list(steps)[:3] == ["survey", "venv", "prepare"]
    assert steps["survey"]["web1"][:2] == ["survey", "kind"]
    assert steps["venv"] == {"web1": ["journal", "code", "venv", "bytecode"]}
    assert steps["prepare"]["web2"][:3] == ["journal", "code", "venv"]
    whole = plans.deploy(fleet(2))
    alone = {phase.name: phase for phase in whole.phases}
    assert steps["venv"]["web1"] + steps["prepare"]["web1"] != steps["prepare"]["web2"]
    assert sorted(steps["venv"]["web1"] + steps["prepare"]["web1"]) == sorted(steps["prepare"]["web2"])
    assert "venv" not in alone
    builds = next(phase for phase in made.phases if phase.name == "venv").steps["web1"]
    assert [step.name for step in builds if step.download] == ["venv"]


def test_a_release_is_the_same_whoever_made_its_venv() -> None:
    plain = fleet(2)
    shared = assigned(plain, {"web1": {FACT: DEBIAN}, "web2": {FACT: DEBIAN}})
    assert list(map(release_fingerprint.fingerprint, plain)) == list(map(release_fingerprint.fingerprint, shared))
