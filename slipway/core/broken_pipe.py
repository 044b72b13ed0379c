"""Ends fab quietly when nobody reads its output any more, as in `fab status | head -1`."""

from __future__ import annotations

import atexit
import os
import select
import sys
from types import TracebackType

# 128 + the number of SIGPIPE. The signal stays ignored: it would also end us for a lost SSH connection.
BROKEN_PIPE = 141


def guard() -> None:
    """From now on, and to the end of the interpreter, a reader that has gone costs no traceback."""
    sys.excepthook = _excepthook
    atexit.register(flush_quietly)


def reader_is_gone() -> bool:
    """Whether nobody reads our stdout or stderr any more; that one then leads to /dev/null."""
    return not all([_still_read(1), _still_read(2)])


def flush_quietly() -> None:
    """Write out what stdout holds back, unless its reader has gone."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        reader_is_gone()


def _still_read(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, 0)
    if not any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0)):
        return True
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)
    return False


def _excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, BrokenPipeError) and reader_is_gone():
        sys.stdout.flush()
        os._exit(BROKEN_PIPE)
    sys.__excepthook__(kind, error, trace)
