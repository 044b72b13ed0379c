"""Make a file that is new, whatever an app has put in its place: no link is followed, and no pipe is waited for."""

from __future__ import annotations

import os


def new_file(path: str, mode: int = 0o660) -> int:
    """Return a descriptor of a new, empty file that can be written.

    Raises:
        OSError: a folder has the name, or the app is quicker than we are.
    """
    if os.path.lexists(path):
        os.unlink(path)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
