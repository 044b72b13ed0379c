"""Open and read files that an app may have written: no link is followed, and nothing but a regular file is taken.

The app's user may replace any name in the folders that it may write to: by a link to a file that only we can read, by
a pipe on which we would wait for ever, by a file without end. So each name below a folder of ours is opened from the
folder above it, and what was opened is checked before it is read.
"""

from __future__ import annotations

import os
import stat as modes

FILE_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Untrusted(OSError):
    """What lies there is not what belongs there; `strerror` says what it is."""


def opened(folder: str, *names: str) -> int:
    """Return a descriptor of a file that can be read.

    Args:
        folder: one that belongs to us, so that the way to it may be believed.
        names: of folders below it and of the file, each of which the app may have made.

    Raises:
        Untrusted: it is a link, no regular file, or somebody else's. OSError: it cannot be opened.
    """
    here = os.open(folder, FOLDER_FLAGS)
    try:
        for name in names[:-1]:
            below = os.open(plain_name(name), FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        file = os.open(plain_name(names[-1]), os.O_RDONLY | FILE_FLAGS, dir_fd=here)
        try:
            check_file(os.fstat(file), os.fstat(here), os.path.join(folder, *names))
        except BaseException:
            os.close(file)
            raise
        return file
    finally:
        os.close(here)


def plain_name(name: str) -> str:
    """Return the name, if it is one."""
    if not name or "/" in name or "\0" in name or name in (".", ".."):
        raise Untrusted(0, f"{name!r} is not a name", name)
    return name


def check_file(file: os.stat_result, folder: os.stat_result, path: str) -> None:
    """See that an open file is a regular one, and belongs to us, to the app, or to the owner of its folder.

    Names of other people's files (hardlinks) do not count: a file of ours has one name only.
    """
    if not modes.S_ISREG(file.st_mode):
        raise Untrusted(0, "it is not a regular file", path)
    if folder.st_uid == 0 and not folder.st_mode & 0o022:
        return  # only root makes names there
    ours = file.st_uid == os.geteuid() and file.st_nlink <= 1
    if not ours and file.st_uid != folder.st_uid and file.st_gid != folder.st_gid:
        raise Untrusted(0, "it belongs to somebody else", path)
    if file.st_uid == folder.st_uid and file.st_nlink > 1:
        raise Untrusted(0, "it has another name elsewhere", path)


def content(limit: int, folder: str, *names: str) -> bytes:
    """Return what a file holds; see `opened`.

    Raises:
        Untrusted: it is no such file, or larger than `limit` bytes. OSError: it cannot be read.
    """
    file = opened(folder, *names)
    try:
        if os.fstat(file).st_size > limit:
            raise Untrusted(0, f"it is larger than {limit} bytes", os.path.join(folder, *names))
        parts, left = [], limit
        while left > 0 and (part := os.read(file, min(left, 1 << 16))):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)
    finally:
        os.close(file)
