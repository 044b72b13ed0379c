"""Running git, one command after another and several at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from slipway.core.errors import UsageError
from slipway.source.git import GitError, blobs, git, git_at_once
from tests.source.repo import Repo

CONTENTS = (b"", b"\n", b"one\ntwo", b"x blob 3\n", bytes(range(256)) * 1000)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def children() -> set[int]:
    """Processes that this one has started and not yet heard the end of, by their parent in proc_pid_stat(5)."""
    found = set()
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            if int(file.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.add(int(file.parent.name))
    return found


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No process outlives a test; those of other tests are none of its business."""
    before = children()
    yield
    assert children() <= before


def test_outputs_come_in_the_order_of_the_commands(repo: Repo) -> None:
    slow, quick = ("status", "--porcelain=v2", "--branch"), ("rev-parse", "--is-bare-repository")
    assert git_at_once(repo.folder, slow, quick, slow) == [git(repo.folder, *words) for words in (slow, quick, slow)]


def test_the_first_failure_ends_what_else_runs(repo: Repo) -> None:
    endless = ("cat-file", "--batch")
    with pytest.raises(GitError, match=r"git rev-parse in .*: fatal: Needed a single revision"):
        git_at_once(repo.folder, ("rev-parse", "--verify", "nope"), endless, ("nonsense",))


def test_a_missing_git_is_told_however_it_is_run(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nope")
    with pytest.raises(UsageError, match="git is not installed here"):
        git_at_once(repo.folder, ["status"], ["status"])
    with pytest.raises(UsageError, match="git is not installed here"), blobs(repo.folder):
        pass


def test_one_process_hands_out_many_blobs(repo: Repo) -> None:
    hashes = [git(repo.folder, "hash-object", "-w", "--stdin", stdin=content).decode().strip() for content in CONTENTS]
    with blobs(repo.folder) as found:
        assert [found.read(hash) for hash in (*hashes, *hashes)] == [*CONTENTS, *CONTENTS]


def test_what_is_not_there_is_an_error_and_the_next_one_is_read_all_the_same(repo: Repo) -> None:
    there = git(repo.folder, "hash-object", "-w", "--stdin", stdin=b"1").decode().strip()
    with blobs(repo.folder) as found:
        with pytest.raises(GitError, match="there is no blob 0000"):
            found.read("0" * 40)
        assert found.read(there) == b"1"


def test_a_git_that_ends_too_early_is_an_error(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with blobs(repo.folder) as found:
        for _ in range(3):
            with pytest.raises(GitError, match="there is no blob 1234"):
                found.read("1234")
