"""Write files in folders of another account as that account, so that root follows none of its links."""

from __future__ import annotations

import os

from slipway.remote.host.program_io import Failed


def write_as_owner(path: str, text: str, mode: int) -> None:
    """Write a file whole or not at all, as the account that owns its folder; raise Failed if that goes wrong."""
    place = os.stat(os.path.dirname(path))
    child = os.fork()
    if not child:
        code = 1
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(place.st_gid)
                os.setuid(place.st_uid)
            write_whole(path, text, mode)
            code = 0
        finally:
            os._exit(code)
    if os.waitpid(child, 0)[1]:
        raise Failed(f"{path} cannot be written: is the disk full, or does its folder belong to somebody else?")


def write_whole(path: str, text: str, mode: int) -> None:
    """Write a file beside its place, and rename it."""
    new = f"{path}.slipway-new"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, mode)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    os.rename(new, path)


def text_of(path: str) -> str:
    """Return what a file holds; nothing where there is none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except FileNotFoundError:
        return ""
