"""Give files of shared/ the content that a backup has of them; no link is followed, to a file or to a folder."""

from __future__ import annotations

import filecmp
import os
import stat

from slipway.remote.backups.which_shared_files import kept_paths, left_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def replace_files(
    source: str, options: dict[str, Any], roots: list[str] | None, databases: list[dict[str, Any]]
) -> tuple[int, int]:
    """Write the files of a folder below shared/, and remove those that the backup would hold and does not.

    Each file is replaced by a rename. What is left out of backups stays as it is.

    Returns:
        How many were written, and how many removed.
    """
    shared = options["shared"]
    without = left_out(options, databases)
    there = dict(kept_paths(shared, roots, without))
    coming = dict(kept_paths(source, None, set()))
    written = 0
    for path, about in coming.items():
        if any(path == one or path.startswith(f"{one}/") for one in without):
            continue
        target = os.path.join(shared, path)
        if stat.S_ISDIR(about.st_mode):
            make_real_folder(target, about.st_mode & 0o777)
        elif not same(os.path.join(source, path), target):
            if os.path.isdir(target) and not os.path.islink(target):
                remove_tree(target)
            os.rename(os.path.join(source, path), target)
            written += 1
    removed = 0
    for path in sorted(set(there) - set(coming), reverse=True):
        target = os.path.join(shared, path)
        try:
            if stat.S_ISDIR(there[path].st_mode):
                os.rmdir(target)  # one that still holds something stays
            else:
                os.unlink(target)
                removed += 1
        except OSError:
            continue
    return written, removed


def make_real_folder(path: str, mode: int) -> None:
    """See that a folder is there, and no link to one."""
    if os.path.islink(path) or (os.path.lexists(path) and not os.path.isdir(path)):
        os.unlink(path)
    if not os.path.isdir(path):
        os.mkdir(path)
        os.chmod(path, mode | stat.S_ISGID)


def same(one: str, other: str) -> bool:
    try:
        about = os.lstat(other)
    except OSError:
        return False
    return stat.S_ISREG(about.st_mode) and filecmp.cmp(one, other, shallow=False)


def remove_tree(path: str) -> None:
    import shutil

    shutil.rmtree(path)
