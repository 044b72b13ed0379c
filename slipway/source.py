"""Which commit is deployed, what is in it, and which git objects have to travel."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from slipway.errors import UsageError


@dataclass(frozen=True)
class Source:
    """The app's folder as one commit has it.

    Attributes:
        folder: the app's folder, inside a git work tree.
        commit: full hash.
        tree: hash of the tree of that folder at that commit.
        ref: what was asked for.
        subject: first line of the commit's message.
        dirty: whether `tree` holds uncommitted work.
    """

    folder: Path
    commit: str
    tree: str
    ref: str
    subject: str
    dirty: bool = False
    _packs: dict[frozenset[str], bytes] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def files(self) -> dict[str, str]:
        """Path to blob hash, for each file of the tree; submodules are left out."""
        listing = _git(self.folder, "ls-tree", "-r", "-z", "--full-tree", self.tree).decode()
        entries = (entry.split("\t", 1) for entry in listing.split("\0") if entry)
        return {path: meta.split()[2] for meta, path in entries if meta.split()[1] == "blob"}

    def read(self, path: str) -> bytes:
        """Content of a file of the tree."""
        return _git(self.folder, "cat-file", "blob", self.files[path])

    def pack(self, present: Iterable[str]) -> bytes:
        """A git pack with the objects of the tree that are in none of the `present` trees; empty if none is missing."""
        known = frozenset(present)
        if self.tree in known:
            return b""
        if known not in self._packs:
            ours = _existing(self.folder, known)
            wanted = "\n".join([self.tree, *(f"^{tree}" for tree in sorted(ours))]) + "\n"
            self._packs[known] = _git(
                self.folder, "pack-objects", "--revs", "--stdout", "-q", "--threads=1", stdin=wanted.encode()
            )
        return self._packs[known]


def resolve(folder: Path, ref: str = "HEAD", dirty: bool = False) -> Source:
    """Find the commit to deploy.

    Args:
        folder: the app's folder, inside a git work tree.
        ref: a branch, tag or commit.
        dirty: ship the work tree as it is, with what is neither committed nor ignored.

    Raises:
        UsageError: no repository, no such ref, or uncommitted work without `dirty`.
    """
    if not folder.is_dir():
        raise UsageError(
            f"the app's folder {folder} does not exist", hint="Set `source` under [app] in inventory.toml."
        )
    prefix = _prefix(folder)
    commit, subject = _commit(folder, ref)
    if ref == "HEAD" and not dirty:
        _refuse_uncommitted(folder)
    tree = _snapshot(folder, prefix) if dirty else _subtree(folder, commit, prefix)
    committed = _subtree(folder, commit, prefix) if dirty else tree
    return Source(folder, commit, tree, ref, subject, dirty=tree != committed)


def _prefix(folder: Path) -> str:
    try:
        return _git(folder, "rev-parse", "--show-prefix").decode().strip()
    except subprocess.CalledProcessError:
        raise UsageError(
            f"{folder} is not in a git repository",
            hint="Slipway deploys commits: git init && git add . && git commit",
        ) from None


def _commit(folder: Path, ref: str) -> tuple[str, str]:
    try:
        line = _git(folder, "log", "-1", "--format=%H %s", "--end-of-options", ref, "--").decode().strip()
    except subprocess.CalledProcessError:
        what = "there is no commit yet" if ref == "HEAD" else f"there is no commit called '{ref}'"
        raise UsageError(f"{what} in {folder}", hint="See `git log --oneline --all` for what there is.") from None
    commit, _, subject = line.partition(" ")
    return commit, subject


def _refuse_uncommitted(folder: Path) -> None:
    changed = _git(folder, "status", "--porcelain", "--", ".").decode().splitlines()
    if changed:
        names = ", ".join(line[3:] for line in changed[:3]) + (" ..." if len(changed) > 3 else "")
        raise UsageError(
            f"uncommitted work in {folder}: {names}",
            hint="Commit it, or ship it as it is with --dirty, or name a commit with --ref.",
        )


def _subtree(folder: Path, commit: str, prefix: str) -> str:
    try:
        return _git(folder, "rev-parse", "--verify", "-q", f"{commit}:{prefix}").decode().strip()
    except subprocess.CalledProcessError:
        raise UsageError(f"the folder {prefix} is not part of commit {commit[:7]}", hint="Commit it first.") from None


def _snapshot(folder: Path, prefix: str) -> str:
    """Write the work tree as it is into git's objects, by an index of our own: the user's stays untouched."""
    with tempfile.TemporaryDirectory() as scratch:
        env = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        _git(folder, "read-tree", "HEAD", env=env)
        _git(folder, "add", "--all", "--", ".", env=env)
        options = [f"--prefix={prefix}"] if prefix else []
        return _git(folder, "write-tree", *options, env=env).decode().strip()


def _existing(folder: Path, trees: Iterable[str]) -> set[str]:
    """Which of these objects this repository has: the hosts may know commits that were deployed from elsewhere."""
    names = "".join(f"{tree}\n" for tree in trees)
    lines = _git(folder, "cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=names.encode()).decode()
    return {line.split()[0] for line in lines.splitlines() if line.endswith(" tree")}


def _git(folder: Path, *words: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> bytes:
    try:
        done = subprocess.run(
            ["git", *words],
            cwd=folder,
            input=stdin,
            env={**os.environ, **(env or {})},
            capture_output=True,
            check=True,
        )
    except FileNotFoundError:
        raise UsageError("git is not installed here", hint="apt-get install -y git") from None
    return done.stdout
