"""Handles Ctrl-C, SIGTERM and a closed terminal (SIGHUP) while a plan runs."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# A terminal and a program that started us (timeout, uv run, make) may both send the signal for one Ctrl-C.
SAME = 0.2  # seconds
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class InterruptCount:
    """Raises KeyboardInterrupt for each time that somebody means it."""

    def __init__(self) -> None:
        self._last = -SAME

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        repeated, self._last = now - self._last < SAME, now
        if not repeated:
            raise KeyboardInterrupt


@contextmanager
def interrupts() -> Iterator[None]:
    """Have each of the signals raise KeyboardInterrupt, once for each time that they are meant.

    After `nohup` a terminal that is closed is still no reason to stop.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may, and gets them
        return
    presses = InterruptCount()
    spared = {signal.SIGHUP} if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else set()
    before = {number: signal.signal(number, presses) for number in SIGNALS if number not in spared}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
