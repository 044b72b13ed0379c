"""Which commit is deployed, what is in it, and which git objects have to travel."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from msgspec import Struct

from slipway.errors import UsageError
from slipway.git import GitError, git

_LINK = "120000"  # mode of a symbolic link


class Source(Struct, frozen=True, dict=True):
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

    def __post_init__(self) -> None:
        _ = self._packing  # while there is one thread: several at once could make one each

    @cached_property
    def _read(self) -> dict[str, bytes]:
        """Content of blobs by hash."""
        return {}

    @cached_property
    def _packs(self) -> dict[frozenset[str], bytes]:
        """What was packed, by the trees that were there already."""
        return {}

    @cached_property
    def _packing(self) -> threading.Lock:
        return threading.Lock()

    @cached_property
    def files(self) -> dict[str, str]:
        """Path to blob hash, for each file of the tree; that of its target for a link to a file of the tree."""
        entries = {path: (mode, hash) for mode, kind, hash, path in self._entries if kind == "blob"}
        links = [path for path, (mode, _) in entries.items() if mode == _LINK]
        return {path: hash for path, (_, hash) in entries.items()} | dict(_targets(self.folder, self.tree, links))

    @cached_property
    def submodules(self) -> list[str]:
        """Paths whose content is in other repositories."""
        return [path for _, kind, _, path in self._entries if kind == "commit"]

    @cached_property
    def _entries(self) -> list[tuple[str, str, str, str]]:
        """Mode, kind, hash and path of whatever is in the tree, at any depth."""
        listing = git(self.folder, "ls-tree", "-r", "-z", "--full-tree", self.tree)
        entries = (entry.split("\t", 1) for entry in os.fsdecode(listing).split("\0") if entry)
        return [(*_three(about), path) for about, path in entries]

    def read(self, path: str) -> bytes:
        """Content of a file of the tree."""
        hash = self.files[path]
        if hash not in self._read:
            self._read[hash] = git(self.folder, "cat-file", "blob", hash)
        return self._read[hash]

    def pack(self, present: Iterable[str]) -> bytes:
        """A git pack with the objects of the tree that are in none of the `present` trees; empty if none is missing.

        Several threads may ask: what many hosts lack is packed once.
        """
        known = frozenset(present)
        if self.tree in known:
            return b""
        with self._packing:
            if known not in self._packs:
                ours = _existing(self.folder, known)
                wanted = "\n".join([self.tree, *(f"^{tree}" for tree in sorted(ours))]) + "\n"
                words = ("pack-objects", "--revs", "--stdout", "-q", "--threads=1")
                self._packs[known] = git(self.folder, *words, stdin=wanted.encode())
            return self._packs[known]


def resolve(folder: Path, ref: str = "HEAD", dirty: bool = False) -> Source:
    """Find the commit to deploy.

    Args:
        folder: the app's folder, inside a git work tree.
        ref: a branch, tag or commit.
        dirty: ship the work tree as it is, with what is neither committed nor ignored.

    Raises:
        UsageError: no repository, no such ref, submodules, or uncommitted work without `dirty`.
    """
    if not folder.is_dir():
        raise UsageError(
            f"the app's folder {folder} does not exist", hint="Set `source` under [app] in inventory.toml."
        )
    if dirty and ref != "HEAD":
        raise UsageError("--dirty ships the work tree, --ref a commit", hint="Take one of them.")
    prefix = _prefix(folder)
    commit = _commit(folder, ref)
    if ref == "HEAD" and not dirty:
        _refuse_uncommitted(folder)
    committed = _subtree(folder, commit, prefix, dirty)
    tree = _snapshot(folder, prefix) if dirty else committed
    subject = git(folder, "show", "-s", "--no-show-signature", "--encoding=UTF-8", "--format=%s", commit)
    said = subject.decode("utf-8", "replace").strip()
    source = Source(folder, commit, tree, ref, said, dirty=tree != committed)
    if source.submodules:
        raise UsageError(
            f"the app has git submodules, which are not supported yet: {', '.join(source.submodules[:3])}",
            hint="Put their files into the repository (git subtree), or depend on them as packages.",
        )
    return source


def _prefix(folder: Path) -> str:
    """The folder's path inside its repository: empty, or with a slash at its end."""
    try:
        inside, prefix = os.fsdecode(git(folder, "rev-parse", "--is-inside-work-tree", "--show-prefix")).split("\n", 1)
    except GitError as error:
        if "dubious ownership" in error.said:
            raise UsageError(
                f"{folder} belongs to another user, and git does not trust it",
                hint=f"If you do: git config --global --add safe.directory {folder}",
            ) from None
        raise UsageError(
            f"{folder} is not in a git repository",
            hint="Slipway deploys commits: git init && git add . && git commit",
        ) from None
    if inside != "true":
        raise UsageError(
            f"{folder} is not a work tree, but the inside of a git repository", hint="Set `source` to one."
        )
    return prefix.removesuffix("\n")


def _commit(folder: Path, ref: str) -> str:
    try:
        named = git(folder, "rev-parse", "--verify", "--end-of-options", ref).decode().split()[-1]
        if named.startswith("^"):  # git takes that for "all but this"
            raise GitError(f"{ref} excludes", "")
        return git(folder, "rev-parse", "--verify", f"{named}^{{commit}}").decode().strip()
    except GitError:
        what = "there is no commit yet" if ref == "HEAD" else f"there is no commit called '{ref}'"
        raise UsageError(f"{what} in {folder}", hint="See `git log --oneline --all` for what there is.") from None


def _refuse_uncommitted(folder: Path) -> None:
    """Raises UsageError, with the first names of what git status shows, a rename by its new name."""
    entries = iter(os.fsdecode(git(folder, "status", "--porcelain", "-z", "--", ".")).split("\0"))
    changed = []
    for entry in filter(None, entries):
        changed.append(entry[3:])
        if "R" in entry[:2] or "C" in entry[:2]:
            next(entries)
    if changed:
        names = ", ".join(changed[:3]) + (" ..." if len(changed) > 3 else "")
        raise UsageError(
            f"uncommitted work in {folder}: {names}",
            hint="Commit it, or ship it as it is with --dirty, or name a commit with --ref.",
        )


def _subtree(folder: Path, commit: str, prefix: str, dirty: bool) -> str:
    try:
        return git(folder, "rev-parse", "--verify", "-q", f"{commit}:{prefix}").decode().strip()
    except GitError:
        if dirty:
            return ""
        raise UsageError(f"the folder {prefix} is not part of commit {commit[:7]}", hint="Commit it first.") from None


def _snapshot(folder: Path, prefix: str) -> str:
    """Write the work tree as it is into git's objects, by an index of our own: the user's stays untouched."""
    with tempfile.TemporaryDirectory() as scratch:
        env = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        git(folder, "read-tree", "HEAD", env=env)
        git(folder, "add", "--all", "--", ".", env=env)
        options = [f"--prefix={prefix}"] if prefix else []
        return git(folder, "write-tree", *options, env=env).decode().strip()


def _existing(folder: Path, trees: Iterable[str]) -> set[str]:
    """Which of these objects this repository has: the hosts may know commits that were deployed from elsewhere."""
    names = "".join(f"{tree}\n" for tree in trees)
    lines = git(folder, "cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=names.encode()).decode()
    return {line.split()[0] for line in lines.splitlines() if line.endswith(" tree")}


def _targets(folder: Path, tree: str, links: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Path and blob hash of what links lead to, for those that lead to a file of the tree."""
    asked = [path for path in links if "\n" not in path]
    names = os.fsencode("".join(f"{tree}:{path}\n" for path in asked))
    words = ("cat-file", "--batch-check=%(objecttype) %(objectname)", "--follow-symlinks")
    answers = git(folder, *words, stdin=names) if asked else b""
    for path in asked:
        line, _, answers = answers.partition(b"\n")
        kind, _, about = line.decode().partition(" ")
        if kind == "blob":
            yield path, about
        elif kind in ("symlink", "dangling", "loop", "notdir"):  # a name of so many bytes follows
            answers = answers[int(about) + 1 :]


def _three(about: str) -> tuple[str, str, str]:
    mode, kind, hash = about.split()
    return mode, kind, hash
