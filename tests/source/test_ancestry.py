"""How two commits lie to each other."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from slipway.source.ancestry import Move, move
from tests.source.repo import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def test_forward_backward_and_the_same(repo: Repo) -> None:
    one, two, three = repo.commit("One"), repo.commit("Two"), repo.commit("Three")
    assert move(repo.folder, one[:7], three) == Move("forward", ahead=2)
    assert move(repo.folder, three[:7], one) == Move("backward", behind=2, taken_back=("Three", "Two"))
    assert move(repo.folder, two[:7], two) == Move("same")


def test_sideways(repo: Repo) -> None:
    base, left = repo.commit("Base"), repo.commit("Left")
    repo.git("checkout", "-q", "-b", "other", base)
    right = repo.commit("Right")
    assert move(repo.folder, left[:7], right) == Move("sideways", 1, 1, ("Left",))


def test_a_commit_that_is_not_here(repo: Repo, tmp_path: Path) -> None:
    one = repo.commit("One")
    assert move(repo.folder, "abcdef1", one).way == "unknown"
    two = repo.commit("Two")
    clone = ["git", "clone", "-q", "--depth=1", f"file://{repo.folder}", str(tmp_path / "shallow")]
    subprocess.run(clone, check=True)
    assert move(tmp_path / "shallow", one[:7], two).way == "shallow"
