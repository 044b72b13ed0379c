"""Which engine: the one that was asked for, else the lab's own, else the first one that works here."""

from __future__ import annotations

import shutil

from slipway.errors import SlipwayError, UsageError

from . import missing
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


def choose(lab: Lab, asked: str | None, install: bool, say: Say) -> Engine:
    """The engine for a lab.

    Raises:
        UsageError: no such engine, or the lab has another one than was asked for.
        SlipwayError: nothing works here; the hint says what to install.
    """
    present = {host.engine for host in load_state(lab.folder).values()}
    if asked and present and present != {asked}:
        running = ", ".join(sorted(present))
        raise UsageError(f"the lab runs on {running}, not on {asked}", hint="`fab lab.down` first.")
    names = [asked] if asked else sorted(present) or list(NAMES)
    if install:
        missing.install(missing.needed(names[0] if len(names) == 1 else None), say)
    troubles: dict[str, str] = {}
    for name in names:
        engine = engine_named(name)
        troubles[name] = engine.trouble()
        if not troubles[name]:
            if name == "local" and not asked and not present:
                _warn(troubles, say)
            return engine
    told = "; ".join(f"{name}: {trouble}" for name, trouble in troubles.items())
    raise SlipwayError(f"no lab can be made here ({told})", hint=_advice(names[0]))


def installed() -> list[Engine]:
    """The engines that may have made hosts here: what is not installed has none."""
    return [engine_named(name) for name in NAMES if name == "local" or shutil.which(name)]


def _warn(troubles: dict[str, str], say: Say) -> None:
    told = "; ".join(f"{name}: {trouble}" for name, trouble in troubles.items() if trouble)
    say(f"WARNING: no containers here ({told}); making hosts without root instead (engine local)")
    if advice := _advice("podman"):
        say(f"         for containers: {advice}")


def _advice(engine: str) -> str:
    packages = missing.needed(engine)
    return missing.install_line(packages) if packages else ""
