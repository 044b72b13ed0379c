"""Shows the output of commands line by line as it arrives, with the host's name if there are several."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from slipway.core.printable import without_escapes
from slipway.output.colours import PAINT
from slipway.output.host_prefix import Prefix
from slipway.output.terminal import Terminal

if TYPE_CHECKING:
    from slipway.model.step import Phase, Plan, Step


class Stream:
    """A reporter that passes on the output of the hosts, and says nothing else.

    Attributes:
        broken: whether the reader of the output has gone, as in `fab run ... | head`; the operation is ended then.
    """

    def __init__(self, hosts: Sequence[str], to: Terminal) -> None:
        self.broken = False
        self._to = to
        self._prefix = Prefix(hosts, to.style) if len(hosts) > 1 else None
        self._lock = threading.Lock()

    def line(self, host: str, text: str) -> None:
        if self._to.tty:
            text = without_escapes(text, PAINT)
        with self._lock:
            if self.broken:
                return
            try:
                self._to.write(f"{self._prefix(host, text) if self._prefix else text}\n")
            except (OSError, ValueError):
                self.broken = True
                # As Ctrl-C would: the main thread waits, and only a signal to itself wakes it.
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def begin(self, plan: Plan, connect: bool) -> None: ...
    def phase(self, phase: Phase) -> None: ...
    def step(self, host: str, step: Step) -> None: ...
    def ended(self, host: str, phase: str, ok: bool) -> None: ...
    def undoing(self, hosts: Iterable[str]) -> None: ...

    def ask(self, question: str) -> bool:
        return False
