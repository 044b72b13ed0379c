"""A deploy carries the overrides of the hosts over, and makes a new plan if that changes something."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from types import MappingProxyType

import pytest
from msgspec.structs import replace

from slipway.core.errors import SlipwayError
from slipway.env.dotenv import Secret
from slipway.env.sources import Generate, Wanted
from slipway.inventory import Host
from slipway.inventory.app import App, Process
from slipway.model.hosts_to_targets import sources_of, with_overrides
from slipway.model.release import Taken
from slipway.model.step import Hidden, Revision, Target
from slipway.model.stored_overrides import FACT, NOTHING, Count, Entry, Overrides
from slipway.operations.prepare_deployment import Deployment, demand, fleets_of, taken_over
from tests.source.repo import Repo, nobodys_settings

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
OLD, NEW = "2026-11-19T12:00:00.000000+00:00", "2026-11-20T11:00:00.000000+00:00"


def overrides(when: str, scale: int = 0, **env: str) -> Overrides:
    entries = {name: Entry(Secret(value), "ann@laptop", when) for name, value in env.items()}
    return Overrides(entries, {}, {"web": Count(scale, "ann@laptop", when)} if scale else {}, when)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    nobodys_settings(monkeypatch, tmp_path)
    repo = Repo(tmp_path / "repo")
    repo.write("requirements.txt", "flask\n")
    repo.commit("Begin", app_py="from flask import Flask\n\napp = Flask(__name__)\n")
    return repo


def fleet(folder: Path = Path("/"), **groups: str) -> list[Host]:
    app = App(name="hello", source=folder, processes={"mails": Process(command="mails")})
    return [Host(name=name, app=app, groups=(group,)) for name, group in groups.items()]


def going(repo: Repo, wanted: Wanted, again: bool = False) -> Deployment:
    hosts = fleet(repo.folder, web1="prod", web2="prod")
    return Deployment(hosts, sources_of(hosts), {host.name: wanted for host in hosts}, now=NOON, again=again)


def told(**each: Overrides) -> dict[str, Hidden]:
    return {
        name: {FACT: Secret(base64.b64encode(one.render()).decode())} if one else MappingProxyType({})
        for name, one in each.items()
    }


def test_the_newest_wins_and_is_told_by_name() -> None:
    hosts = fleet(web1="prod", web2="prod", web3="prod", s1="stage")
    had = {
        "web1": overrides(OLD, A="1"),
        "web2": overrides(NEW, scale=4, A="2", B="3"),
        "web3": NOTHING,
        "s1": overrides(OLD, S="1"),
    }
    then, notes = taken_over(hosts, had, dict.fromkeys(had, Wanted()), NOON)
    assert then == {**dict.fromkeys(("web1", "web2", "web3"), had["web2"]), "s1": had["s1"]}
    assert notes == {
        "web1": ["its overrides are replaced by the newer ones of web2: A, B, scale of web [host-added-settings]"],
        "web3": ["gets the overrides of web2: A, B, scale of web [host-added-settings]"],
    }


def test_a_generated_value_is_the_same_on_the_whole_fleet_and_another_on_another() -> None:
    hosts = fleet(web1="prod", web2="prod", s1="stage")
    names = [host.name for host in hosts]
    wanted = dict.fromkeys(names, Wanted(generate={"KEY": Generate()}))
    then, notes = taken_over(hosts, dict.fromkeys(names, NOTHING), wanted, NOON)
    assert then["web1"] == then["web2"] != then["s1"]
    assert notes == {}


def test_hosts_without_a_group_belong_together_and_those_with_another_app_do_not() -> None:
    app, other = App(name="shop"), App(name="blog")
    hosts = [Host(name="web1", app=app), Host(name="web2", app=other), Host(name="web3", app=app)]
    assert fleets_of(hosts) == [["web2"], ["web1", "web3"]]


def test_a_name_without_a_value_is_demanded_from_all_hosts_at_once() -> None:
    wanted = {"web1": Wanted(required=("A", "B", "C")), "web2": Wanted({"B": Secret("1")}, required=("A", "B", "C"))}
    each = {"web1": overrides(NEW, C="x"), "web2": overrides(NEW, C="x")}
    with pytest.raises(SlipwayError) as error:
        demand(wanted, each)
    assert error.value.message == "required in the environment, and without a value: A, B (on web1)"
    demand({"web1": Wanted(required=("C",))}, each)


def test_names_that_are_newly_required_can_be_set_one_by_one_or_both_at_once() -> None:
    wanted = {"web1": Wanted(required=("A", "B"))}
    before = {"web1": overrides(OLD, X="1")}
    demand(wanted, {"web1": overrides(NEW, A="1")}, before)
    demand(wanted, {"web1": overrides(NEW, A="1", B="2")}, before)
    with pytest.raises(SlipwayError, match=r"without a value: B$"):  # taken away: that is refused
        demand(wanted, {"web1": overrides(NEW, A="1")}, {"web1": overrides(OLD, A="1", B="2")})
    with pytest.raises(SlipwayError, match=r"without a value: B$"):  # a deploy
        demand(wanted, {"web1": overrides(NEW, A="1")})


def test_a_plan_stays_as_it_is_where_nothing_is_kept(repo: Repo) -> None:
    assert revised(going(repo, Wanted()), told(web1=NOTHING, web2=NOTHING)) is None


def test_what_the_hosts_keep_goes_into_the_release(repo: Repo) -> None:
    deployment = going(repo, Wanted({"A": Secret("1")}))
    one = overrides(NEW, scale=4, A="2", B="3")
    parts = with_overrides(deployment.targets(), deployment.wanted, {"web1": one, "web2": one})
    assert {part.env for part in parts} == {b"export A='2'\nexport B='3'\n"}
    assert {part.app.gunicorn.workers for part in parts} == {part.host.app.gunicorn.workers for part in parts} == {4}
    assert {part.overrides for part in parts} == {one.render()}
    assert parts[0].scale["web"]["count"] == 4
    assert parts[0].env_digest != deployment.targets()[0].env_digest


def revised(deployment: Deployment, hidden: Mapping[str, Hidden]) -> Revision | None:
    return deployment.revised(deployment.targets(), True, hidden)


def settles(deployment: Deployment, hidden: dict[str, Hidden]) -> str:
    revision = revised(deployment, hidden)
    assert revision and revision.plan
    return revision.plan.phases[0].settles


def test_a_fleet_that_keeps_the_same_may_have_everything_already(repo: Repo) -> None:
    one = overrides(NEW, A="2")
    assert settles(going(repo, Wanted()), told(web1=one, web2=one)) == "same"
    assert settles(going(repo, Wanted()), told(web1=one, web2=overrides(OLD))) == ""
    assert settles(going(repo, Wanted(generate={"K": Generate()})), told(web1=one, web2=one)) == ""
    assert settles(going(repo, Wanted(), again=True), told(web1=one, web2=one)) == ""


@pytest.mark.parametrize("revise", [False, True])
def test_a_release_that_a_host_has_by_that_name_is_let_alone(repo: Repo, revise: bool) -> None:
    deployment = going(repo, Wanted())
    hidden = {"web1": {}, "web2": {Taken.FACT: Secret("yes")}}
    with pytest.raises(Taken, match="20261120-120000-"):
        deployment.revised(deployment.targets(), revise, hidden)


def test_a_deploy_is_named_by_when_it_begins(repo: Repo) -> None:
    deployment = going(repo, Wanted())
    _, parts = deployment.begin()
    assert {part.release.when > NOON for part in parts} == {True}
    assert len({part.release.id for part in parts}) == 1


def test_the_fingerprint_is_that_of_what_the_inventory_says(repo: Repo) -> None:
    from slipway.steps.release_fingerprint import fingerprint

    def of(wanted: Wanted, *each: Overrides) -> list[str]:
        deployment = going(repo, wanted)
        parts = (
            with_overrides(deployment.targets(), deployment.wanted, {"web1": each[0], "web2": each[0]})
            if each
            else deployment.targets()
        )
        return [fingerprint(part) for part in parts]

    plain = of(Wanted())
    assert of(Wanted(), overrides(NEW, scale=4, A="2")) == plain
    for other in (Wanted({"A": Secret("1")}), Wanted(generate={"K": Generate()}), Wanted(required=("A",))):
        assert of(other)[0] not in plain


def test_no_value_shows_in_what_a_plan_is_made_of(repo: Repo) -> None:
    deployment = going(repo, Wanted({"A": Secret("s3cr3t")}))
    one = overrides(NEW, B="s3cr3t")
    parts: list[Target] = with_overrides(deployment.targets(), deployment.wanted, {"web1": one, "web2": one})
    assert "s3cr3t" not in repr(parts) + repr(deployment) + repr(revised(deployment, told(web1=one, web2=one)))


def test_a_template_that_has_the_number_of_workers_overrules_a_scale_and_that_is_said(
    repo: Repo, tmp_path: Path
) -> None:
    from slipway.steps import config

    def script(template: str) -> str:
        (tmp_path / "gunicorn.conf.py.j2").write_text(template)
        deployment = replace(going(repo, Wanted()), templates=tmp_path)
        one = overrides(NEW, scale=4)
        parts = with_overrides(deployment.targets(), deployment.wanted, {"web1": one, "web2": one})
        return config.write(parts[0]).script.text

    said = "web is not scaled"
    assert said in script("workers = 7\n")
    assert said not in script("workers = {{ app.gunicorn.workers }}\n")
