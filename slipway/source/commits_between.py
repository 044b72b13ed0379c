"""Lists the commits between two commits, and the files of the app that differ."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from slipway.source.git import git

MOST = 50  # commits that are listed; of the rest only the number is told


class Commit(NamedTuple):
    """A commit: its full hash, its author's name, when it was made (ISO 8601), and the first line of its message."""

    hash: str
    author: str
    when: str
    subject: str


class FileChange(NamedTuple):
    """A file that was `added`, `changed` or `removed`; its path is relative to the app's folder."""

    path: str
    change: str


def commits_between(folder: Path, old: str, new: str) -> list[Commit]:
    """The commits that `new` contains and `old` does not, newest first; at most `MOST`.

    Args:
        folder: in the repository. old, new: hashes of commits, which the repository has.
    """
    words = ("log", "--no-show-signature", "--encoding=UTF-8", "-z", "--format=%H%x1f%an%x1f%cI%x1f%s", f"-{MOST}")
    told = git(folder, *words, f"{old}..{new}", "--").decode("utf-8", "replace")
    return [Commit(*line.split("\x1f", 3)) for line in told.split("\0") if line]


def changed_files(folder: Path, old: str, new: str) -> list[FileChange]:
    """The files that differ between two trees of the app's folder, in the order of their paths."""
    told = os.fsdecode(git(folder, "diff-tree", "-r", "-z", "--no-renames", "--name-status", old, new)).split("\0")
    pairs = zip(told[::2], told[1::2], strict=False)
    return [FileChange(path, _in_words(status)) for status, path in pairs if path]


def _in_words(status: str) -> str:
    return "added" if status == "A" else "removed" if status == "D" else "changed"
