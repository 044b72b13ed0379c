"""A commit with a link out of the app's folder, or with bytecode, is refused before anything is contacted."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from slipway.core.errors import UsageError
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.hosts_to_targets import targets
from slipway.model.refuse_in_commit import bytecode_folder, leads_out
from tests.source.repo import Repo, nobodys_settings

LINKS = {
    "code": "src/code",
    "src/up": "..",
    "src/deep/top": "../../README",
    "loop": "loop",
    "gone": "nowhere/at/all",
    "through": "code/./settings.py",
    "around": "code/../code//settings.py",
    "media-file": "media/logo.png",
}
OUT = {
    "absolute": "/srv/victim/current/app/settings.py",
    "above": "..",
    "src/above": "../../victim",
    "back": "src/../../victim",
    "by-links": "src/up/up2/victim",
    "up2": "/srv",
    "made-later": "media/../../victim",
    "made-later-2": "src/code/media/..",
    "link-to-link": "src/above",
    "src/by-its-real-folder": "up/..",
}


@pytest.mark.parametrize("link", LINKS)
def test_a_link_within_the_tree_may_stay(link: str) -> None:
    assert not leads_out(link, LINKS, {"src", "src/deep", "src/code"})


@pytest.mark.parametrize("link", OUT)
def test_a_link_that_may_leave_the_tree_is_known_whatever_it_goes_through(link: str) -> None:
    more = {**LINKS, **OUT, "src/up/up2": "/srv"}
    assert leads_out(link, more, {"src", "src/deep", "src/code"})


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    nobodys_settings(monkeypatch, tmp_path)
    return Repo(tmp_path / "repo")


def made(repo: Repo) -> None:
    repo.write("requirements.txt", "flask\n")
    repo.write("app.py", "import flask\napp = flask.Flask(__name__)\n")
    repo.commit("App")
    targets([Host(name="web1", address="203.0.113.1", app=App(name="hello", source=repo.folder))])


@pytest.mark.parametrize("to", ["/srv/victim/current/app/settings.py", "../../victim", "app/../../victim"])
def test_a_committed_link_out_of_the_app_is_refused_with_its_name_and_where_it_leads(repo: Repo, to: str) -> None:
    repo.write("sub/file", "")
    os.symlink(to, repo.folder / "sub" / "leak.py")
    with pytest.raises(UsageError, match=re.escape("sub/leak.py is a committed link that leads out of the app's fold")):
        made(repo)


def test_committed_links_within_the_app_are_no_trouble(repo: Repo) -> None:
    repo.write("sub/file", "")
    os.symlink("../app.py", repo.folder / "sub" / "same.py")
    os.symlink("sub", repo.folder / "other")
    made(repo)


def test_committed_bytecode_is_refused(repo: Repo) -> None:
    repo.write("sub/__pycache__/app.cpython-311.pyc", "")
    with pytest.raises(UsageError, match="sub/__pycache__ is committed"):
        made(repo)


def test_a_committed_link_in_the_place_of_bytecode_is_refused(repo: Repo) -> None:
    os.symlink("sub", repo.folder / "__pycache__")
    with pytest.raises(UsageError, match="__pycache__ is committed"):
        made(repo)


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("__pycache__", "__pycache__"),
        ("a/__pycache__/b", "a/__pycache__"),
        ("a__pycache__/b", ""),
        ("__pycache__b", ""),
        ("a\n/__pycache__", "a\n/__pycache__"),
    ],
)
def test_bytecode_is_known_by_a_whole_name(path: str, folder: str) -> None:
    assert bytecode_folder(path) == folder
