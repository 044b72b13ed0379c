"""Send frames of log lines to the control machine, as fast as it takes them, with keepalives."""

from __future__ import annotations

import os
import select
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

READY = b"\x01slipway\n"
FULL = 1 << 18  # bytes that wait to be taken
BEAT = 3.0  # seconds from one sign of life to the next


class FrameWriter:
    """Writes frames: a line of words, the last of them the length of what follows, and then that.

    The program ends at once when the other side has gone, or has been silent for too long: nobody reads then.

    Args:
        silence: seconds without a sign of life after which the other side is given up.
    """

    def __init__(self, silence: float) -> None:
        self.silence = silence
        self.waiting = bytearray(READY)
        self.heard = time.monotonic()
        self.beat = 0.0
        os.set_blocking(1, False)
        self.poll = select.poll()
        self.poll.register(0, select.POLLIN)

    def frame(self, words: bytes, data: bytes = b"") -> None:
        """Send a frame, as soon as it can be sent."""
        self.waiting += b"%b %d\n%b" % (words, len(data), data)

    @property
    def full(self) -> bool:
        """Whether the buffer is full just now."""
        return len(self.waiting) > FULL

    def breathe(self, wait: float = 0.0) -> None:
        """Write what can be written, and see whether the other side lives.

        Args:
            wait: seconds to wait if there is nothing to be done.
        """
        now = time.monotonic()
        if now - self.beat > BEAT:
            self.beat = now
            self.frame(b"alive %.3f" % time.time())
        if now - self.heard > self.silence:
            leave()
        self.poll.register(1, select.POLLOUT if self.waiting else 0)
        for descriptor, event in self.poll.poll(wait * 1000):
            if descriptor == 0:
                self._listen()
            elif event & select.POLLOUT:
                self._write()
            elif event & (select.POLLERR | select.POLLHUP):
                leave()

    def finish(self) -> None:
        """Wait until everything has been taken."""
        self.frame(b"end")
        while self.waiting:
            self.breathe(0.5)

    def _listen(self) -> None:
        try:
            said = os.read(0, 4096)
        except OSError:
            said = b""
        if not said:
            leave()
        self.heard = time.monotonic()

    def _write(self) -> None:
        try:
            done = os.write(1, memoryview(self.waiting)[:FULL].tobytes())
        except BlockingIOError:
            return
        except OSError:
            leave()
        del self.waiting[:done]


def leave() -> NoReturn:
    """End, without a word."""
    os._exit(0)
