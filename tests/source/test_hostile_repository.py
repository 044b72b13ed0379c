"""Repositories that want to run something on the machine of those who deploy them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from slipway.core.errors import SlipwayError, UsageError
from slipway.source import resolve
from slipway.source.git import git
from tests.source.repo import Repo, nobodys_settings


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is there once something of the repository has run."""
    nobodys_settings(monkeypatch, tmp_path)
    return tmp_path / "ran"


@pytest.fixture
def trap(tmp_path: Path, ran: Path) -> str:
    """A program that leaves a trace."""
    program = tmp_path / "trap"
    program.write_text(f"#!/bin/sh\necho $0 >> {ran}\ncat\n")
    program.chmod(0o755)
    return str(program)


def disguised(repo: Repo, trap: str, extra: str = "") -> None:
    """Commit a folder `backend` with the files of a repository, whose configuration runs a command."""
    config = f"[core]\nrepositoryformatversion = 0\nbare = false\nworktree = .\nfsmonitor = {trap}\n{extra}"
    for name, content in {"HEAD": "ref: refs/heads/main\n", "config": config, "refs/x": "", "objects/x": ""}.items():
        repo.write(f"backend/{name}", content)
    repo.write("backend/app.py")
    repo.commit()


@pytest.mark.parametrize("old", [False, True], ids=["new git", "old git"])
@pytest.mark.parametrize("dirty", [False, True])
@pytest.mark.parametrize("inside", ["", "deeper"])
def test_a_committed_folder_is_never_taken_for_the_repository(
    tmp_path: Path, ran: Path, trap: str, old: bool, dirty: bool, inside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo(tmp_path / "repo")
    disguised(repo, trap)
    folder = repo.folder / "backend" / inside
    folder.mkdir(exist_ok=True)
    if old:  # as it does without safe.bareRepository
        monkeypatch.setattr("slipway.source.git._OVERRULED", ("core.fsmonitor=false",))
    with pytest.raises(UsageError, match="is not a work tree, but the inside of a git repository"):
        resolve(folder, dirty=dirty)
    assert not ran.exists()


def test_also_not_where_its_parts_are_elsewhere(tmp_path: Path, ran: Path, trap: str) -> None:
    repo = Repo(tmp_path / "repo")
    disguised(repo, trap)
    (repo.folder / "backend").rename(repo.folder / "common")
    repo.write("web/HEAD", "ref: refs/heads/main\n")
    repo.write("web/commondir", "../common\n")
    repo.commit()
    with pytest.raises(UsageError, match="inside of a git repository"):
        resolve(repo.folder / "web")
    assert not ran.exists()


def _filter(repo: Repo, trap: str) -> None:
    repo.git("config", "filter.evil.clean", trap)
    repo.git("config", "filter.evil.smudge", trap)
    repo.write(".gitattributes", "* filter=evil\n")


def _required_process(repo: Repo, trap: str) -> None:
    repo.git("config", "filter.evil.process", trap)
    repo.git("config", "filter.evil.required", "true")
    repo.write(".gitattributes", "* filter=evil\n")


def _hook(repo: Repo, trap: str) -> None:
    for name in ("post-index-change", "pre-commit", "post-checkout", "reference-transaction"):
        (repo.folder / ".git" / "hooks").mkdir(exist_ok=True)
        (repo.folder / ".git" / "hooks" / name).symlink_to(trap)


def _hooks_path(repo: Repo, trap: str) -> None:
    repo.write("hooks/post-index-change", Path(trap).read_text()).chmod(0o755)
    repo.git("config", "core.hooksPath", "hooks")


def _signature(repo: Repo, trap: str) -> None:
    repo.git("config", "log.showSignature", "true")
    repo.git("config", "gpg.program", trap)


def _pager(repo: Repo, trap: str) -> None:
    for name in ("core.pager", "pager.status", "pager.show", "core.editor", "core.askPass", "alias.status"):
        repo.git("config", name, f"!{trap}" if name.startswith("alias") else trap)


def _diff(repo: Repo, trap: str) -> None:
    repo.git("config", "diff.external", trap)
    repo.git("config", "diff.evil.textconv", trap)
    repo.git("config", "diff.evil.command", trap)
    repo.write(".gitattributes", "* diff=evil\n")


def _included(repo: Repo, trap: str) -> None:
    repo.write("more", f'[filter "evil"]\nclean = {trap}\n[core]\nfsmonitor = {trap}\n')
    repo.git("config", "include.path", "../more")
    repo.write(".gitattributes", "* filter=evil\n")


def _of_the_worktree(repo: Repo, trap: str) -> None:
    repo.git("config", "extensions.worktreeConfig", "true")
    repo.git("config", "--worktree", "filter.evil.clean", trap)
    repo.git("config", "--worktree", "core.fsmonitor", trap)
    repo.write(".gitattributes", "* filter=evil\n")


def _fsmonitor(repo: Repo, trap: str) -> None:
    repo.git("config", "core.fsmonitor", trap)


SETTINGS = (
    _filter, _required_process, _hook, _hooks_path, _signature, _pager, _diff, _included, _of_the_worktree, _fsmonitor,
)  # fmt: skip


@pytest.mark.parametrize("set_up", SETTINGS, ids=lambda set_up: set_up.__name__.strip("_"))
@pytest.mark.parametrize("dirty", [False, True])
def test_nothing_that_a_repository_names_is_run(
    tmp_path: Path, ran: Path, trap: str, dirty: bool, set_up: Callable[[Repo, str], None]
) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit(app_py="one\n")
    set_up(repo, trap)
    subprocess.run(["git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "add", "."],
                   cwd=repo.folder, check=False)  # fmt: skip
    tree = subprocess.run(["git", "write-tree"], cwd=repo.folder, capture_output=True, check=True).stdout.strip()
    words = ["git", "commit-tree", "-m", "x", "-p", "HEAD", tree.decode()]
    commit = subprocess.run(words, cwd=repo.folder, capture_output=True, check=True).stdout.strip().decode()
    (repo.folder / ".git" / "refs" / "heads" / "main").write_text(f"{commit}\n")
    repo.write("app.py", "one\n" if not dirty else "two\n")  # touched, so that git looks into it
    ran.unlink(missing_ok=True)
    try:
        source = resolve(repo.folder, dirty=dirty)
    except UsageError:
        assert not dirty  # what a filter would have hidden looks uncommitted
    else:
        source.pack([])
        assert source.read("app.py")
    assert not ran.exists(), ran.read_text()


def test_a_partial_clone_asks_nobody_for_what_it_lacks(tmp_path: Path, ran: Path, trap: str) -> None:
    full = Repo(tmp_path / "full")
    old = full.commit(app_py="one\n")
    full.commit(app_py="two\n")
    full.git("config", "uploadpack.allowFilter", "true")
    clone = ["git", "clone", "-q", "--filter=blob:none", f"file://{full.folder}", str(tmp_path / "part")]
    subprocess.run(clone, check=True)
    for name, value in {"remote.origin.url": "ssh://x/y", "core.sshCommand": trap}.items():
        subprocess.run(["git", "config", name, value], cwd=tmp_path / "part", check=True)
    assert resolve(tmp_path / "part").read("app.py") == b"two\n"
    with pytest.raises(SlipwayError):
        git(tmp_path / "part", "cat-file", "blob", f"{old}:app.py")
    subprocess.run(["git", "config", "remote.origin.url", f"ext::{trap} x"], cwd=tmp_path / "part", check=True)
    subprocess.run(["git", "config", "protocol.ext.allow", "always"], cwd=tmp_path / "part", check=True)
    with pytest.raises(SlipwayError):
        git(tmp_path / "part", "cat-file", "blob", f"{old}:app.py")
    assert not ran.exists()
