"""Chooses the lab's engine: the one that was asked for, else the lab's own, else the first that works here."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from slipway.core.errors import SlipwayError, UsageError

from . import install_lab_tools
from .docker import Docker
from .engine import Engine, Lab, Say
from .local import Local
from .podman import Podman
from .state import load_state

NAMES = ("podman", "docker", "local")


def engine_named(name: str) -> Engine:
    """The engine of that name.

    Raises:
        UsageError: there is no such engine.
    """
    if name == "podman":
        return Podman()
    if name == "docker":
        return Docker()
    if name == "local":
        return Local()
    raise UsageError(f"--engine={name}: no such engine", hint=f"engines: {', '.join(NAMES)}")


def candidates(lab: Lab, asked: str | None, install: bool, say: Say) -> list[Engine]:
    """The engines to try for a lab, the best first.

    Raises:
        UsageError: no such engine, or the lab has another one than was asked for.
        SlipwayError: packages could not be installed.
    """
    present = {host.engine for host in load_state(lab.folder).values()}
    if asked and present and present != {asked}:
        running = ", ".join(sorted(present))
        raise UsageError(f"the lab runs on {running}, not on {asked}", hint="`fab lab.down` first.")
    names = [asked] if asked else sorted(present) or list(NAMES)
    engines = [engine_named(name) for name in names]
    if install:
        install_lab_tools.install(install_lab_tools.needed(names[0] if len(names) == 1 else None), say)
    return engines


def installed() -> list[Engine]:
    """The engines that may have made hosts here: what is not installed has none."""
    return [engine_named(name) for name in NAMES if name == "local" or shutil.which(name)]


def warn(troubles: Mapping[str, str], say: Say) -> None:
    """Say loudly that the lab goes without containers, and what would give it some."""
    say(f"WARNING: no containers here ({listed(troubles)}); making hosts without root instead (engine local)")
    if packages := install_lab_tools.needed("podman"):
        say(f"         for containers: {install_lab_tools.install_line(packages)}")


def nothing_works(troubles: Mapping[str, str]) -> SlipwayError:
    """The error that says why no engine works here and what to install."""
    lines = [
        install_lab_tools.install_line(packages) for name in troubles if (packages := install_lab_tools.needed(name))
    ]
    return SlipwayError(f"no lab can be made here ({listed(troubles)})", hint=lines[0] if lines else "")


def listed(troubles: Mapping[str, str]) -> str:
    """What speaks against each engine, on one line."""
    return "; ".join(f"{name}: {trouble}" for name, trouble in troubles.items())
