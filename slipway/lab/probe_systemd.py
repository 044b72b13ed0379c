"""Tests whether a container with given options boots systemd on this machine, by starting one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from slipway.core.errors import SlipwayError

from .run_program import run
from .runtime_and_limits import Way

COMMAND = ("/sbin/init",)
WITHOUT = "`--engine=local` makes hosts without containers."
SECONDS = 15.0
BOOTING = frozenset({"initializing", "starting", "running", "degraded", "maintenance"})


class Runner(Protocol):
    """A container engine, as far as building and probing need it; `remove_words` end a container at once."""

    remove_words: Sequence[str]

    def argv(self, *words: str) -> list[str]:
        """A command line of this engine."""

    def ways(self) -> list[Way]:
        """Ways to run a container here, most likely first."""


def way_to_run(engine: Runner, ways: Sequence[Way], image: str) -> Way:
    """The first way in which a container runs at all here: (flags of the engine, flags of the container).

    Raises:
        SlipwayError: none works.
    """
    complaint = ""
    for before, flags in ways:
        answer = run(engine.argv(*before, "run", "--rm", *flags, image, "/bin/true"))
        if answer.ok:
            return before, flags
        complaint = complaint or answer.reason
    raise SlipwayError(f"containers do not run here: {complaint}", hint=WITHOUT)


def boots(engine: Runner, way: Way, image: str, name: str, label: str) -> str:
    """Boot a throw-away container and remove it again.

    Args:
        way: flags of the engine itself (before its verb) and of the container.
        name: the container's name.
        label: by which it can be found, should this be killed half-way.

    Returns:
        Why it did not boot; empty if it did.
    """
    before, flags = way
    run(engine.argv(*engine.remove_words, name))
    try:
        argv = engine.argv(*before, "run", "-d", "--name", name, "--label", label, *flags, image, *COMMAND)
        started = run(argv)
        return _wait(engine, name) if started.ok else started.reason
    finally:
        run(engine.argv(*engine.remove_words, name))


def _wait(engine: Runner, name: str) -> str:
    deadline = time.monotonic() + SECONDS
    while True:
        answer = run(engine.argv("exec", name, "systemctl", "is-system-running"), timeout=SECONDS)
        if answer.text in BOOTING:
            return ""
        alive = run(engine.argv("inspect", "--format", "{{.State.Running}}", name), timeout=SECONDS)
        if alive.text != "true" or time.monotonic() > deadline:
            said = run(engine.argv("logs", "--tail", "3", name), timeout=SECONDS)
            return said.reason if said.ok and (said.text or said.stderr) else answer.reason
        time.sleep(0.1)
