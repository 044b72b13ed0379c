"""Set permissions so that nginx can read the folders of shared/ that the site serves, such as uploads.

The folders above it are opened for passing through alone. It runs for each account that may own any of them.

The app may put a link in the place of anything there, at any moment: no link is followed on the way.

Options:
    shared: the folder shared/.
    links: file with what the site serves besides static files: lines of a name, a tab, a path, a tab and more.
"""

from __future__ import annotations

import os
import stat

from slipway.remote.host.program_io import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def main(options: dict[str, Any]) -> None:
    """Open each folder that the site serves and that lies in shared/."""
    with open(options["links"], encoding="utf-8", errors="surrogateescape") as file:
        paths = [line.split("\t")[1] for line in file]
    for path in paths:
        if path.startswith(f"{options['shared']}/"):
            open_folder(options["shared"], path[len(options["shared"]) + 1 :])


def open_folder(shared: str, path: str) -> None:
    """Go down to the folder, and through it."""
    folder = os.open(shared, OPEN | os.O_DIRECTORY)
    try:
        for part in path.split("/"):
            allow(folder, 0o001)
            folder = os.open(part, OPEN | os.O_DIRECTORY, dir_fd=folder)
    except OSError:
        return  # it is a link by now, or the app's alone
    for _, _, files, fd in os.fwalk(".", dir_fd=folder, onerror=lambda error: None):
        allow(fd, 0o005)
        for name in files:
            try:
                file = os.open(name, OPEN, dir_fd=fd)
            except OSError:
                continue
            allow(file, 0o004)
            os.close(file)


def allow(fd: int, bits: int) -> None:
    """Add permissions to a folder or regular file of the caller's."""
    found = os.fstat(fd)
    ours = found.st_uid == os.geteuid() and (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode))
    if ours and found.st_mode & bits != bits:
        os.fchmod(fd, stat.S_IMODE(found.st_mode) | bits)


if __name__ == "__main__":
    run(main)
