"""Locks a folder itself, so that no lock file is left behind; the lock ends with the process."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from slipway.core.errors import SlipwayError

SECONDS = 1200.0


@contextmanager
def machine(say: Callable[[str], None]) -> Iterator[None]:
    """One lab at a time on this machine: while an image is made, and while addresses are taken."""
    with held(Path(tempfile.gettempdir()), "another lab is being made on this machine", say):
        yield


@contextmanager
def held(folder: Path, busy: str, say: Callable[[str], None], seconds: float = SECONDS) -> Iterator[None]:
    """Hold the lock of a folder, waiting for it if need be; `busy` says why one has to wait.

    Raises:
        SlipwayError: it did not become free in time.
    """
    handle = os.open(folder, os.O_RDONLY)
    started, told = time.monotonic(), False
    try:
        while not _taken(handle):
            waited = time.monotonic() - started
            if waited > seconds:
                raise SlipwayError(busy, hint="try again when it is done.")
            if waited > 1 and not told:
                say(f"waiting: {busy}")
                told = True
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: go on without
        return True
    return True
