"""Shows progress on a terminal: a few lines that are redrawn in place, and removed at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from slipway.core.printable import clean
from slipway.output.ask_user import asked
from slipway.output.host_prefix import Prefix
from slipway.output.progress_picture import progress_lines
from slipway.output.progress_state import Clock, ProgressState
from slipway.output.redrawn_lines import RedrawnLines
from slipway.output.terminal import Terminal

if TYPE_CHECKING:
    from slipway.model.step import Phase, Plan, Step


class Live:
    """A reporter that only takes notes; `tick` draws them, so that hosts never wait for the terminal.

    With `verbose`, each step and each line of output is printed for good above the live lines.
    """

    every = 0.1  # seconds from one frame to the next

    def __init__(
        self,
        hosts: Sequence[str],
        terminal: Terminal,
        verbose: bool = False,
        clock: Clock = time.monotonic,
    ) -> None:
        self._terminal = terminal
        self._verbose = verbose
        self._area = RedrawnLines(terminal)
        self._state = ProgressState(hosts, clock)
        self._prefix = Prefix(hosts, terminal.style)
        self._above: list[str] = []
        self._lock = threading.Lock()
        self._drawing = threading.Lock()  # a terminal that was stopped by Ctrl-S blocks this one, and no host

    def begin(self, plan: Plan, connect: bool) -> None:
        with self._lock:
            self._state.begin(plan, connect)

    def phase(self, phase: Phase) -> None:
        with self._lock:
            self._state.phase(phase)
            self._keep(self._terminal.style.paint(phase.title, "bold"))

    def step(self, host: str, step: Step) -> None:
        with self._lock:
            self._state.step(host, step)
            self._keep(self._prefix.step(host, step.title))

    def line(self, host: str, text: str) -> None:
        text = clean(text)
        with self._lock:
            self._state.line(host, text)
            self._keep(self._prefix(host, text))

    def ended(self, host: str, phase: str, ok: bool) -> None:
        with self._lock:
            self._state.ended(host, phase, ok)

    def undoing(self, hosts: Iterable[str]) -> None:
        with self._lock:
            self._state.undoing(hosts)
            self._keep(self._terminal.style.paint("Put everything back", "bold yellow"))

    def ask(self, question: str) -> bool:
        """Ask in the place of the live lines, which come back with the answer."""
        with self._drawing:
            self._area.clear()
            return asked(question)

    def tick(self) -> None:
        """Draw the moment."""
        columns, rows = self._terminal.size()
        with self._drawing:
            with self._lock:
                above, self._above = self._above, []
                lines = progress_lines(self._state, columns, rows - 1, self._terminal.style)
            self._area.draw(lines, above)

    def close(self) -> None:
        """Take the live lines away."""
        with self._drawing, self._lock:
            above, self._above = self._above, []
            self._area.clear(above)

    def _keep(self, text: str) -> None:
        if self._verbose:
            self._above.append(text)
