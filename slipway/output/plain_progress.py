"""Shows progress as plain lines, for pipes, files and CI: whole lines, in the order of events."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from slipway.core.mask_secrets import mask_secrets
from slipway.core.printable import clean, without_escapes
from slipway.model.local_command import HERE
from slipway.output.ask_user import asked
from slipway.output.colours import OURS
from slipway.output.host_prefix import Prefix
from slipway.output.progress_state import Clock, ProgressState
from slipway.output.quantities import duration, listing, plural
from slipway.output.terminal import Terminal

if TYPE_CHECKING:
    from slipway.model.step import Phase, Plan, Step

# CI systems end jobs that say nothing for some minutes, and people wonder.
SILENT = 60  # seconds


class Plain:
    """A reporter that prints one line a phase; with `verbose`, each step and each line of output too."""

    every = 1.0  # seconds from one look for long silence to the next

    def __init__(
        self,
        hosts: Sequence[str],
        terminal: Terminal,
        verbose: bool = False,
        clock: Clock = time.monotonic,
    ) -> None:
        self._terminal = terminal
        self._verbose = verbose
        self._state = ProgressState(hosts, clock)
        self._prefix = Prefix(hosts, terminal.style)
        self._clock = clock
        self._lock = threading.Lock()
        self._spoke = clock()

    def begin(self, plan: Plan, connect: bool) -> None:
        with self._lock:
            self._state.begin(plan, connect)
            if connect:
                self._headline("Connect", list(self._state.rows))

    def phase(self, phase: Phase) -> None:
        with self._lock:
            self._state.phase(phase)
            self._headline(phase.title, list(phase.steps))

    def step(self, host: str, step: Step) -> None:
        with self._lock:
            self._state.step(host, step)
            if self._verbose:
                self._say(self._prefix.step(host, step.title))

    def line(self, host: str, text: str) -> None:
        if self._verbose:
            with self._lock:
                self._say(self._prefix(host, mask_secrets(clean(text))))

    def ended(self, host: str, phase: str, ok: bool) -> None:
        with self._lock:
            row = self._state.ended(host, phase, ok)
            if not row:
                return
            if not ok:
                self._say(self._prefix(host, f"failed: {row.title} ({duration(row.seconds)})"))
            elif self._verbose:
                self._say(self._prefix(host, f"{phase} done ({duration(row.seconds)})"))

    def undoing(self, hosts: Iterable[str]) -> None:
        hosts = list(hosts)
        with self._lock:
            self._state.undoing(hosts)
            self._say(f"Put everything back: {self._hosts(hosts)}")

    def ask(self, question: str) -> bool:
        with self._lock:
            return asked(question)

    def tick(self) -> None:
        """After a long silence, say what it waits for."""
        with self._lock:
            now = self._clock()
            if now - self._spoke < SILENT:
                return
            waits: dict[str, list[str]] = {}
            for host, row in self._state.rows.items():
                if row.state == "running":
                    waits.setdefault(row.title, []).append(host)
            for title, hosts in waits.items():
                since = min(self._state.rows[host].since for host in hosts)
                self._say(f"... still at it after {duration(now - since)}: {title}: {self._hosts(hosts)}")
            self._spoke = now

    def close(self) -> None:
        """Nothing: what was printed stays."""

    def _headline(self, title: str, hosts: Sequence[str]) -> None:
        place = f"[{self._state.at + 1}/{len(self._state.phases)}] " if self._state.counted else ""
        self._say(f"{place}{self._terminal.style.paint(title, 'bold')}: {self._hosts(hosts) or HERE}")

    def _hosts(self, hosts: Sequence[str]) -> str:
        return listing(hosts) if len(hosts) <= 8 else plural(len(hosts), "host")

    def _say(self, text: str) -> None:
        self._spoke = self._clock()
        self._terminal.write_if_read(f"{without_escapes(text, OURS)}\n")
