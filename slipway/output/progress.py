"""Chooses how progress is shown: live on a terminal, otherwise as plain lines."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from slipway.output.live_progress import Live
from slipway.output.plain_progress import Plain
from slipway.output.terminal import Terminal, terminal

if TYPE_CHECKING:
    from slipway.model.step import Phase, Plan, Step


@contextmanager
def progress(hosts: Sequence[str], *, verbose: bool = False, to: Terminal | None = None) -> Iterator[Live | Plain]:
    """Show how plans go, until the end of the `with` block; then the place is free for the report.

    Args:
        hosts: names of the hosts, in the order of the inventory.
        verbose: show every step and all output of the hosts too.
        to: where; standard error if not given, for standard output is for data.

    Yields:
        The reporter to give to the fleet.
    """
    to = to or terminal(sys.stderr)
    shown = (Live if to.live else Plain)(hosts, to, verbose)
    try:
        with _ticking(shown.tick, shown.every):
            yield shown
    finally:
        shown.close()


class Silent:
    """A reporter that shows nothing, for short operations."""

    def begin(self, plan: Plan, connect: bool) -> None: ...
    def phase(self, phase: Phase) -> None: ...
    def step(self, host: str, step: Step) -> None: ...
    def line(self, host: str, text: str) -> None: ...
    def ended(self, host: str, phase: str, ok: bool) -> None: ...
    def undoing(self, hosts: Iterable[str]) -> None: ...

    def ask(self, question: str) -> bool:
        return False


@contextmanager
def silence() -> Iterator[Silent]:
    """Show nothing, where `progress` would show something."""
    yield Silent()


@contextmanager
def _ticking(tick: Callable[[], None], every: float) -> Iterator[None]:
    over = threading.Event()

    def beat() -> None:
        while not over.wait(every):
            tick()

    thread = threading.Thread(target=beat, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
