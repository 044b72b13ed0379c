"""Which engine: the one that was asked for, else the lab's own, else the first one that works here."""

from __future__ import annotations

from slipway.errors import SlipwayError, UsageError

from . import missing
from .docker import Docker
from .engine import Engine, Lab, Say
from .podman import Podman
from .state import load_state

NAMES = ("podman", "docker")


def engine_named(name: str) -> Engine:
    """The engine of that name.

    Raises:
        UsageError: there is no such engine.
    """
    if name == "podman":
        return Podman()
    if name == "docker":
        return Docker()
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
    troubles: list[str] = []
    for name in names:
        engine = engine_named(name)
        trouble = engine.trouble()
        if not trouble:
            return engine
        troubles.append(f"{name}: {trouble}")
    raise SlipwayError(f"no lab can be made here ({'; '.join(troubles)})", hint=_advice(names[0]))


def _advice(engine: str) -> str:
    packages = missing.needed(engine)
    return missing.install_line(packages) if packages else ""
