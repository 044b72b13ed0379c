"""Tells how two commits of a repository lie to each other: how many commits apart, and in which direction."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from slipway.source.git import GitError, git

Way = Literal["same", "forward", "backward", "sideways", "unknown", "shallow"]
SUBJECTS = 3  # of commits that are taken back


class Move(NamedTuple):
    """From one commit to another.

    Attributes:
        way: `forward`: the new one contains the old one. `backward`: the other way round. `sideways`: neither.
            `unknown`: the repository here lacks the old one. `shallow`: it lacks a part of the history.
        ahead: commits that come. behind: commits that are taken back.
        taken_back: the first lines of some of the latter, newest first.
    """

    way: Way
    ahead: int = 0
    behind: int = 0
    taken_back: tuple[str, ...] = ()


def move(folder: Path, old: str, new: str) -> Move:
    """Compare what runs with what is to come.

    Args:
        folder: in the repository. old, new: hashes of commits; of `old` the first seven digits are enough.
    """
    if new.startswith(old):
        return Move("same")
    try:
        counts = git(folder, "rev-list", "--left-right", "--count", f"{old}...{new}", "--").split()
    except GitError:
        return Move("shallow" if _is_shallow(folder) else "unknown")
    behind, ahead = map(int, counts)
    if not behind:
        return Move("forward", ahead)
    if _is_shallow(folder):
        return Move("shallow")
    words = ("log", "--no-show-signature", "--encoding=UTF-8", "--format=%s", f"-{SUBJECTS}", f"{new}..{old}", "--")
    subjects = git(folder, *words).decode("utf-8", "replace").splitlines()
    return Move("sideways" if ahead else "backward", ahead, behind, tuple(subjects))


def _is_shallow(folder: Path) -> bool:
    return git(folder, "rev-parse", "--is-shallow-repository").strip() == b"true"
