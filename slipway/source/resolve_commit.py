"""Resolves which commit is deployed, and checks whether it may be."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from slipway.core.errors import UsageError
from slipway.source.commit_files import Source, listed
from slipway.source.git import SETTINGS, GitError, git, git_at_once, without_filters

_STATUS = ("status", "--porcelain", "-z", "--ignore-submodules=all", "--", ".")
# A branch, a tag or a hash; what else may name a commit means something else with `^{commit}` behind it.
_SHA1 = 40  # digits
_PLAIN_REF = re.compile(r"\w[\w./-]*", re.ASCII)


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
    source = (None if dirty else _at_once(folder, ref)) or _step_by_step(folder, ref, dirty)
    if len(source.commit) > _SHA1:
        raise UsageError(
            f"the repository {folder} names its commits by SHA-256, which is not supported yet",
            hint="Deploy from a repository with SHA-1, git's default: git init --object-format=sha1",
        )
    if source.submodules:
        raise UsageError(
            f"the app has git submodules, which are not supported yet: {', '.join(source.submodules[:3])}",
            hint="Put their files into the repository (git subtree), or depend on them as packages.",
        )
    return source


def _at_once(folder: Path, ref: str) -> Source | None:
    """Find a clean commit with few calls of git, most of them at the same time.

    Returns: None where anything is in the way, or unusual: `_step_by_step` knows better, and can say what it is.
    """
    if not _PLAIN_REF.fullmatch(ref):
        return None
    try:
        words = ("rev-parse", "--is-inside-work-tree", "--show-prefix", "--verify", f"{ref}^{{commit}}")
        named, settings = git_at_once(folder, words, SETTINGS)
        place, commit = os.fsdecode(named).removesuffix("\n").rsplit("\n", 1)
        inside, prefix = place.split("\n", 1)
        commands = [_tree_at(commit, prefix), _all_of(f"{commit}:{prefix}"), _subject_of(commit)]
        tree, listing, subject, *changed = git_at_once(
            folder, *commands, *([_status(settings)] if ref == "HEAD" else [])
        )
    except GitError:
        return None
    if inside != "true" or any(changed):
        return None
    return Source(folder, commit, tree.decode().strip(), ref, _said(subject), entries=listed(listing))


def _step_by_step(folder: Path, ref: str, dirty: bool) -> Source:
    """Find the commit, and say what is in the way."""
    prefix = _prefix(folder)
    commit = _commit(folder, ref)
    if ref == "HEAD" and not dirty:
        _refuse_uncommitted(folder)
    committed = _subtree(folder, commit, prefix, dirty)
    tree = _snapshot(folder, prefix) if dirty else committed
    return of_tree(folder, commit, tree, ref, _said(git(folder, *_subject_of(commit))), dirty=tree != committed)


def of_tree(folder: Path, commit: str, tree: str, ref: str, subject: str, *, dirty: bool) -> Source:
    """The source of a tree that the repository has, committed or not; see `Source`.

    Raises:
        GitError: it has no such tree.
    """
    return Source(folder, commit, tree, ref, subject, dirty, listed(git(folder, *_all_of(tree))))


def _status(settings: bytes) -> tuple[str, ...]:
    return (*without_filters(settings), *_STATUS)


def _tree_at(commit: str, prefix: str) -> tuple[str, ...]:
    return ("rev-parse", "--verify", "-q", f"{commit}:{prefix}")


def _all_of(tree: str) -> tuple[str, ...]:
    return ("ls-tree", "-r", "-z", "--full-tree", tree)


def _subject_of(commit: str) -> tuple[str, ...]:
    return ("show", "-s", "--no-show-signature", "--encoding=UTF-8", "--format=%s", commit)


def _said(subject: bytes) -> str:
    return subject.decode("utf-8", "replace").strip()


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
        if ref == "HEAD":
            raise UsageError(
                f"there is no commit yet in {folder}", hint="Slipway deploys commits: git add . && git commit"
            ) from None
        hint = "See `git log --oneline --all` for what there is."
        raise UsageError(f"there is no commit called '{ref}' in {folder}", hint=hint) from None


# What Python and Django's development server leave behind in a working tree.
_MADE = re.compile(r"(^|/)(__pycache__/|\.venv/|venv/|\.pytest_cache/|[^/]+\.(sqlite3|pyc)$)")


def _refuse_uncommitted(folder: Path) -> None:
    """Raises UsageError, with the first names of what git status shows, a rename by its new name."""
    entries = iter(os.fsdecode(git(folder, *_status(git(folder, *SETTINGS)))).split("\0"))
    changed = []
    for entry in filter(None, entries):
        changed.append(entry[3:])
        if "R" in entry[:2] or "C" in entry[:2]:
            next(entries)
    if changed:
        names = ", ".join(changed[:3]) + (" ..." if len(changed) > 3 else "")
        made = [name for name in changed if _MADE.search(name)]
        ignore = f"{', '.join(made[:3])}: a program made that, so list it in .gitignore. " if made else ""
        raise UsageError(
            f"uncommitted work in {folder}: {names}",
            hint=f"{ignore}Commit your work, or ship it as it is with --dirty, or name a commit with --ref.",
        )


def _subtree(folder: Path, commit: str, prefix: str, dirty: bool) -> str:
    try:
        return git(folder, *_tree_at(commit, prefix)).decode().strip()
    except GitError:
        if dirty:
            return ""
        raise UsageError(f"the folder {prefix} is not part of commit {commit[:7]}", hint="Commit it first.") from None


def _snapshot(folder: Path, prefix: str) -> str:
    """Write the work tree as it is into git's objects, by an index of our own: the user's stays untouched."""
    with tempfile.TemporaryDirectory() as scratch:
        env = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        off = without_filters(git(folder, *SETTINGS))
        git(folder, *off, "read-tree", "HEAD", env=env)
        git(folder, *off, "add", "--all", "--", ".", env=env)
        options = [f"--prefix={prefix}"] if prefix else []
        return git(folder, *off, "write-tree", *options, env=env).decode().strip()
