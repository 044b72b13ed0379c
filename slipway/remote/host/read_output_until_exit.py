"""Read what a process prints until it has ended, even where a process that it left behind keeps the pipe open."""

from __future__ import annotations

import fcntl
import io
import os
import select
import sys
import termios
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

OUTPUT_PIECE = 1 << 16  # bytes
LOOK_AGAIN = 100  # ms between two looks at a process where the kernel does not tell when it ends


class ProcessOutput(io.RawIOBase):
    """The end of a pipe on which a process is heard: at its end as soon as the process has ended.

    What the process has printed by then is read whole; what others print after it is not.

    Args:
        descriptor: the end of the pipe.
        pid: the process. It must not be reaped before this is made.
        seconds: after which nothing more is read, and `late` is true; None for no limit.
    """

    def __init__(self, descriptor: int, pid: int, seconds: float | None = None) -> None:
        self.descriptor, self.pid = descriptor, pid
        self.deadline = None if seconds is None else time.monotonic() + seconds
        self.left: int | None = None  # bytes that the process has printed, once it has ended
        self.late = False
        self.process = -1
        self.poll = select.poll()
        self.poll.register(descriptor, select.POLLIN)
        try:
            self.process = os.pidfd_open(pid)
            self.poll.register(self.process, select.POLLIN)
        except (OSError, AttributeError):  # an old kernel; or the process has ended
            pass

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what there is into a buffer, and return how much; 0 at the end."""
        while self.left is None and not self.late:
            if self.wait():
                break
        if self.late:
            return 0
        size = len(buffer) if self.left is None else min(len(buffer), self.left)
        data = os.read(self.descriptor, size) if size else b""
        if self.left is not None:
            self.left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def wait(self) -> bool:
        """Wait for a moment; say whether something can be read."""
        pause = LOOK_AGAIN if self.process < 0 else 1000
        if self.deadline is not None:
            pause = min(pause, max(0, int(1000 * (self.deadline - time.monotonic()))))
            self.late = time.monotonic() >= self.deadline
        found = dict(self.poll.poll(pause))
        if self.process in found or (self.process < 0 and not lives(self.pid)):
            self.left = pending(self.descriptor)
            if self.process >= 0:
                os.close(self.process)
        return self.left is not None or self.descriptor in found


def lives(pid: int) -> bool:
    """Say whether there is such a process; one of another account counts, even where /proc does not show it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


def pending(descriptor: int) -> int:
    """Return how many bytes are in a pipe."""
    found = bytearray(4)
    fcntl.ioctl(descriptor, termios.FIONREAD, found)
    return int.from_bytes(found, sys.byteorder)


def sender_output(options: dict[str, Any]) -> BinaryIO:
    """Return the standard input: if the option `sender` is true, what the process prints whose id is its first line."""
    if not options.get("sender"):
        return sys.stdin.buffer
    line = b""
    while not line.endswith(b"\n"):
        data = os.read(0, 1)
        if not data:
            return io.BytesIO()
        line += data
    return io.BufferedReader(ProcessOutput(0, int(line)), OUTPUT_PIECE)


def last_output(
    words: list[str], most: int, seconds: float, errors: bool = False, **more: Any
) -> tuple[int | None, bytes]:
    """Run a command; return its exit code, and the last of what it printed.

    Args:
        most: how many bytes of that to keep.
        seconds: after which it is not waited for any more; its exit code is None then.
        errors: whether what it says on standard error belongs to that.
        more: as for `subprocess.Popen`.
    """
    import subprocess

    stderr = subprocess.STDOUT if errors else subprocess.DEVNULL
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, **more)
    assert child.stdout is not None
    output = ProcessOutput(child.stdout.fileno(), child.pid, seconds)
    kept = b""
    while data := output.read(OUTPUT_PIECE):
        kept = (kept + data)[-most:]
    child.stdout.close()
    try:
        return child.wait(0 if output.late else seconds), kept
    except subprocess.TimeoutExpired:
        try:
            child.kill()
        except PermissionError:
            return None, kept  # it is another account's, and has a limit of its own
        return None, kept
