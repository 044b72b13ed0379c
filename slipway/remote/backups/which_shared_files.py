"""Say which files of shared/ belong to a backup: all of them, or those that the inventory names, without databases."""

from __future__ import annotations

import os
import stat

from slipway.remote.backups.sqlite_database import COMPANIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def left_out(options: dict[str, Any], databases: list[dict[str, Any]]) -> set[str]:
    """Return the paths below shared/ that are left out: those of the inventory, and live databases."""
    shared = os.path.realpath(options["shared"])
    found = set(options["exclude"])
    for one in databases:
        if one["kind"] == "sqlite":
            path = os.path.relpath(os.path.realpath(one["path"]), shared)
            found |= {path, *(path + end for end in COMPANIONS)}
    return found


def kept_paths(shared: str, roots: list[str] | None, without: set[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield folders and regular files below shared/, a folder before what it holds; links are left out.

    Args:
        roots: paths below shared/; None for all of it.
    """
    for root in sorted(os.listdir(shared)) if roots is None else roots:
        parents = root.split("/")
        if not any(os.path.islink(os.path.join(shared, *parents[:n])) for n in range(1, len(parents) + 1)):
            yield from below(shared, root, without)


def below(shared: str, path: str, without: set[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield a path and all that it holds."""
    if path in without or ".damaged-" in path or path.endswith(".restored"):
        return
    try:
        about = os.lstat(os.path.join(shared, path))
        names = sorted(os.listdir(os.path.join(shared, path))) if stat.S_ISDIR(about.st_mode) else []
    except OSError:  # it went away just now, or is not the app's to read
        return
    if stat.S_ISDIR(about.st_mode) or stat.S_ISREG(about.st_mode):
        yield path, about
    for name in names:
        yield from below(shared, f"{path}/{name}", without)
