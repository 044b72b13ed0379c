"""What lies between two commits."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.source.commits_between import FileChange, changed_files, commits_between
from tests.source.repo import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def test_the_commits_that_come_are_listed_newest_first_with_their_authors(repo: Repo) -> None:
    one, two, three = repo.commit("One"), repo.commit("Two: äöü"), repo.commit("Three")
    found = commits_between(repo.folder, one, three)
    assert [(commit.hash, commit.subject) for commit in found] == [(three, "Three"), (two, "Two: äöü")]
    assert all(commit.author and commit.when.startswith("20") for commit in found)
    assert commits_between(repo.folder, three, one) == []


def test_files_that_differ_are_added_changed_or_removed(repo: Repo) -> None:
    repo.write("kept", "1")
    repo.write("dir/changed", "1")
    repo.write("removed", "same text, so that a rename would be seen")
    old = repo.commit("Old")
    repo.write("dir/changed", "2")
    (repo.folder / "removed").rename(repo.folder / "added\nin two lines")
    new = repo.commit("New")
    assert changed_files(repo.folder, f"{old}^{{tree}}", f"{new}^{{tree}}") == [
        FileChange("added\nin two lines", "added"),
        FileChange("dir/changed", "changed"),
        FileChange("removed", "removed"),
    ]
