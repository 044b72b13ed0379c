"""The commit that runs on the hosts is found in the local repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slipway.core.errors import SlipwayError
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.operations.current_settings import CurrentSettings, sources_of_running
from slipway.source import Source, resolve
from tests.source.repo import Repo, nobodys_settings


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    nobodys_settings(monkeypatch, tmp_path)
    repo = Repo(tmp_path / "repo")
    repo.commit("Begin", app_py="1\n")
    return repo


def running(source: Source, **other: Any) -> dict[str, CurrentSettings]:
    """A host that runs it."""
    overrides = {name: getattr(source, name) for name in ("commit", "tree", "ref", "subject", "dirty")}
    return {"web1": CurrentSettings("20261120-131502-abc1234", {**overrides, **other})}


def again(repo: Repo, found: dict[str, CurrentSettings]) -> Source:
    host = Host(name="web1", address="web1.example.org", app=App(name="shop", source=repo.folder))
    return sources_of_running([host], found)[repo.folder]


def test_a_commit_is_found_again_with_all_that_is_in_it(repo: Repo) -> None:
    was = resolve(repo.folder)
    repo.commit("Go on", more_py="2\n")
    assert again(repo, running(was)) == was


def test_uncommitted_work_is_found_again_where_it_was_deployed_from(repo: Repo) -> None:
    repo.write("app.py", "not committed\n")
    was = resolve(repo.folder, dirty=True)
    repo.write("app.py", "something else\n")
    found = again(repo, running(was))
    assert found == was
    assert found.read("app.py") == b"not committed\n"


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"commit": "1" * 40}, "does not have commit 1111111"),
        ({"tree": "1" * 40}, "what runs on the hosts is not the folder"),
        ({"tree": "1" * 40, "dirty": True}, "holds uncommitted work, which only the repository has"),
    ],
)
def test_what_the_repository_does_not_have_is_said(repo: Repo, other: dict[str, Any], said: str) -> None:
    with pytest.raises(SlipwayError, match=said):
        again(repo, running(resolve(repo.folder), **other))
