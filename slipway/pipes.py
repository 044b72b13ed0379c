"""Ending quietly when the reader of our output has gone, as in `fab status | head -1`."""

from __future__ import annotations

import os
import sys


def flush_quietly() -> bool:
    """Write out what stdout and stderr hold back; a reader that has gone is no error.

    Returns:
        False if a reader had gone. That stream then leads to /dev/null, so that the interpreter's own flush at its
        end finds nothing to complain of (see the note on SIGPIPE in the documentation of Python's `signal`).
    """
    whole = True
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            whole = False
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
    return whole
