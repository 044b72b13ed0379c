"""A deploy of an app that cannot start stops at once, with every name that lacks and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from slipway.core.errors import SlipwayError
from slipway.env.dotenv import Secret
from slipway.env.sources import Generate, Wanted
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.hosts_to_targets import sources_of
from slipway.model.stored_overrides import NOTHING, Entry, Overrides
from slipway.operations.prepare_deployment import Deployment
from slipway.operations.required_variables import demand_what_is_read
from tests.source.repo import Repo, nobodys_settings

MANAGE = 'import os, django\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")\n'
SETTINGS = """import os
SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split()
DATABASE = os.environ["DATABASE_URL"]
DEBUG = os.environ.get("DEBUG", "")
if DEBUG:
    X = os.environ["PERHAPS"]
"""

NONE = Wanted()


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    nobodys_settings(monkeypatch, tmp_path)
    repo = Repo(tmp_path / "repo")
    for path, text in (("site/settings.py", SETTINGS), ("site/wsgi.py", "application = 1\n"), ("site/__init__.py", "")):
        repo.write(path, text)
    repo.commit("Begin", manage_py=MANAGE, requirements_txt="django\n")
    return repo


def going(repo: Repo, wanted: Wanted, app: App | None = None) -> Deployment:
    hosts = [Host(name="web1", app=replace(app or App(name="shop"), source=repo.folder))]
    return Deployment(hosts, sources_of(hosts), {"web1": wanted})


def stop(repo: Repo, wanted: Wanted = NONE, kept: Overrides = NOTHING, app: App | None = None, **facts: str) -> str:
    deployment = going(repo, wanted, app)
    demand_what_is_read(deployment.targets(), deployment.wanted, {"web1": kept}, {"web1": facts})
    return ""


def test_all_names_are_told_at_once_each_with_its_place_and_a_line(repo: Repo) -> None:
    with pytest.raises(SlipwayError) as stopped:
        stop(repo)
    assert stopped.value.message.endswith(
        "nobody has set: ALLOWED_HOSTS (site/settings.py:3), DATABASE_URL (site/settings.py:4), "
        "SECRET_KEY (site/settings.py:2)"
    )
    lines = [line.strip() for line in stopped.value.hint.splitlines()]
    assert 'ALLOWED_HOSTS = { domains = " " }' in lines
    assert "SECRET_KEY = { generate = 50 }" in lines
    assert 'DATABASE_URL = ""                  # as postgres://USER:PASSWORD@HOST/NAME' in lines
    assert all(len(line) <= 80 for line in stopped.value.hint.splitlines())


def test_what_is_set_generated_or_stored_on_the_hosts_is_there(repo: Repo) -> None:
    wanted = Wanted({"ALLOWED_HOSTS": Secret("a")}, {"SECRET_KEY": Generate()})
    made = Overrides(
        {"DATABASE_URL": Entry(Secret("x"), "ann", "now")}, {"SECRET_KEY": Entry(Secret("k"), "ann", "now")}, {}, "now"
    )
    assert stop(repo, wanted, made) == ""


def test_what_runs_already_is_not_stopped_nor_what_is_allowed(repo: Repo) -> None:
    assert stop(repo, same="yes") == ""
    assert stop(repo, app=App(name="shop", allow=("missing-env",))) == ""


def test_other_settings_than_those_that_were_read_are_not_judged(repo: Repo) -> None:
    assert stop(repo, Wanted({"DJANGO_SETTINGS_MODULE": Secret("other.settings")})) == ""


def test_a_deploy_stops_before_it_has_a_plan(repo: Repo) -> None:
    deployment = going(repo, Wanted())
    with pytest.raises(SlipwayError, match="nobody has set"):
        deployment.revised(deployment.targets(), True, {"web1": {}}, {"web1": {}})
