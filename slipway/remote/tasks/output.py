"""Print the output of a one-off task; with `follow`, go on until the task ends.

Options:
    folder: its record.
    follow: whether to wait for more.
"""

from __future__ import annotations

import os
import sys
import time

from slipway.remote.host.open_untrusted_file import opened
from slipway.remote.host.program_io import Failed, run
from slipway.remote.tasks.process_sessions import read_record, runs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PIECE = 1 << 16  # bytes
LOOK_AGAIN = 0.2  # seconds


def main(options: dict[str, Any]) -> None:
    """Print, and follow."""
    folder = options["folder"]
    task = read_record(folder, "task.json")
    if task is None:
        raise Failed("there is no such task on this host")
    over = not options.get("follow")
    try:
        tasks, name = os.path.split(folder)
        with os.fdopen(opened(tasks, name, "output"), "rb") as output:
            while True:
                over = over or os.path.exists(os.path.join(folder, "end.json")) or not runs(task)
                while data := output.read(PIECE):
                    sys.stdout.buffer.write(data.replace(b"\x01", b"?"))
                sys.stdout.buffer.flush()
                if over:
                    return
                time.sleep(LOOK_AGAIN)
    except OSError as error:
        raise Failed(f"what it said cannot be read: {error.strerror}") from error


if __name__ == "__main__":
    run(main)
