"""Read and make the names of programs in supervisord, and find which of them are in use."""

from __future__ import annotations

import os
import re

SECTION = re.compile(r"^\[(?:program|group|eventlistener|fcgi-program):([^\]]+)\]", re.MULTILINE)


def parse(program: str) -> tuple[str, str, int]:
    """Return the release, the process and the generation of a program: RELEASE.PROCESS, or RELEASE.PROCESS_N.

    A restart boots the same process of the same release a second time, beside the first: as another generation.
    """
    release, _, name = program.rpartition(".")
    process, _, number = name.partition("_")
    return release, process, int(number) if number.isdecimal() else 1


def named(release: str, process: str, generation: int) -> str:
    """Return the name of a program."""
    return f"{release}.{process}" + (f"_{generation}" if generation > 1 else "")


def link(base: str | None, name: str) -> str | None:
    """Return the id of the release that `current` or `standby` points to."""
    try:
        return os.path.basename(os.readlink(os.path.join(base, name))) if base else None
    except OSError:
        return None


def sections(path: str) -> list[str]:
    """Return the programs that a file for supervisord describes; none if it is gone."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return [name.strip() for name in SECTION.findall(file.read())]
    except FileNotFoundError:
        return []


def in_force(base: str, release: str) -> set[str] | None:
    """Return the programs that a release consists of; None where it does not tell."""
    folder = os.path.join(base, "releases", release, "conf")
    try:
        names = [name for name in os.listdir(folder) if name.endswith(".program")]
    except OSError:
        return None
    return {program for name in names for program in sections(os.path.join(folder, name))} or None


def stopped(base: str) -> dict[str, str]:
    """Return the processes that people have stopped, and what is written there: who, since when."""
    folder, found = os.path.join(base, "stopped"), {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        if not name.startswith("."):
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                found[name] = file.read().strip()
    return found


def enabled(folder: str) -> set[str]:
    """Return the programs that have a file in supervisord's include folder."""
    names = os.listdir(folder) if os.path.isdir(folder) else ()
    return {name[: -len(".conf")] for name in names if name.endswith(".conf")}


def socket_of(base: str | None, program: str) -> str | None:
    """Return the path that a release's web program is bound to, None for any other program."""
    release, process, generation = parse(program)
    if not base or process != "web":
        return None
    usual = os.path.join(base, "releases", release, "run", "web.sock")
    own = os.path.join(base, "releases", release, "run", f"web.{generation}.sock")
    return own if os.path.islink(usual) else usual  # releases of old have but one


def log_of(base: str, program: str) -> str:
    """Return the path of a program's log; of a process that has several, each has one of its own."""
    release, process, generation = parse(program)
    number = f".{generation}" if generation > 1 else ""
    return os.path.join(base, "log", f"{process}{number}.{release}.log")
