"""Make a folder for what a backup needs for a while, as the app's account, on the disk of the app's folder."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import contextmanager, suppress

from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SCRATCH = "backup-"
DISK_RESERVE = 200 << 20  # bytes that stay free


@contextmanager
def scratch_folder(base: str) -> Iterator[str]:
    """Make the folder, and delete it at the end; what an earlier run left, which was cut off, goes first.

    Only one of us works on an app at a time.
    """
    import tempfile

    place = os.path.join(base, "run")
    for name in os.listdir(place):
        if name.startswith(SCRATCH):
            remove_scratch(os.path.join(place, name))
    folder = tempfile.mkdtemp(prefix=SCRATCH, dir=place)
    try:
        yield folder
    finally:
        remove_scratch(folder)


def remove_scratch(path: str) -> None:
    """Delete a folder, or what the app has put in its place: at a pipe `rmtree` would wait for ever."""
    with suppress(OSError):
        if stat.S_ISDIR(os.lstat(path).st_mode):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)


def need_space(folder: str, size: int) -> None:
    """See that the disk has room for so many bytes.

    Raises:
        Failed: it has not.
    """
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if free < size + DISK_RESERVE:
        raise Failed(f"there is not enough disk space: {size >> 20} MiB are needed, and {free >> 20} MiB are free")
