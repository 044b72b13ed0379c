"""What the programs of an app are called in supervisord: RELEASE.PROCESS, and RELEASE.PROCESS_N after a restart."""

from __future__ import annotations

import os


def parse(program: str) -> tuple[str, str]:
    """Return the release and the process that a program belongs to.

    A restart boots the same process of the same release a second time, under a name of its own; see `again`.
    """
    release, _, name = program.rpartition(".")
    return release, name.partition("_")[0]


def link(base: str | None, name: str) -> str | None:
    """Return the id of the release that `current` or `standby` points to."""
    try:
        return os.path.basename(os.readlink(os.path.join(base, name))) if base else None
    except OSError:
        return None


def enabled(folder: str) -> set[str]:
    """Return the programs that have a file in supervisord's include folder."""
    names = os.listdir(folder) if os.path.isdir(folder) else ()
    return {name[: -len(".conf")] for name in names if name.endswith(".conf")}
