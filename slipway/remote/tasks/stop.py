"""Stop a one-off task with everything that it started; runs as the user who owns its processes.

Options:
    folder: its record.
    who: who wants it.
    grace: seconds from TERM to KILL.

Fact: `stopped`, the state in which it is now; `running` if something of it would not end.
"""

from __future__ import annotations

import os
import signal
import time

from slipway.remote.host.program_io import Failed, fact, run
from slipway.remote.tasks.process_sessions import SESSION_POLL, over, read_record, runs, signal_session, write_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WRITING = 5.0  # seconds that its runner has to write down the end


def main(options: dict[str, Any]) -> None:
    """Ask it to end, kill it if it does not, and see that the record says so."""
    folder = options["folder"]
    os.umask(0o007)
    task = read_record(folder, "task.json")
    if task is None:
        raise Failed("there is no such task on this host")
    if not read_record(folder, "end.json") and runs(task):
        write_record(folder, "stop", {"who": options["who"], "when": time.time()})
        signal_session(task["session"], signal.SIGTERM)
        if not over(task["session"], options["grace"]):
            signal_session(task["session"], signal.SIGKILL)
        deadline = time.monotonic() + WRITING
        while not read_record(folder, "end.json") and runs(task) and time.monotonic() < deadline:
            time.sleep(SESSION_POLL)
        if not read_record(folder, "end.json") and not runs(task):
            seconds = round(time.time() - task["started"], 2)
            why = f"stopped by {options['who']}"
            write_record(folder, "end.json", {"code": None, "state": "stopped", "why": why, "ended": time.time(),
                                      "seconds": seconds})  # fmt: skip
    end = read_record(folder, "end.json")
    fact("stopped", end["state"] if end else "running" if runs(task) else "lost")


if __name__ == "__main__":
    run(main)
