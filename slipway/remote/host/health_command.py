"""Run the health command of an app, as the app's user, until it exits with 0.

Options:
    words: the command, with what makes it run as the app's user in the release; `{seconds}` stands for its time.
    command: the same as the inventory has it, for people.
    timeout: seconds for everything; a command that takes longer is ended.
    times: how often to run it at most; as often as there is time for if not given.

Facts: `health_command` {"exit", "ms"}.
"""

from __future__ import annotations

import time

from slipway.remote.host.health_command_attempt import attempt
from slipway.remote.host.program_io import Failed, fact, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PAUSE = 1.0


def main(options: dict[str, Any]) -> None:
    """Run the command again and again, until it is content or the time is up."""
    deadline = time.monotonic() + options["timeout"]
    while True:
        found = attempt(options, deadline - time.monotonic())
        if found["exit"] == 0:
            fact("health_command", {"exit": 0, "ms": found["ms"]})
            return
        if time.monotonic() + PAUSE > deadline:
            raise Failed(f"{found['why']}\nLast lines of what it printed:\n{found['said']}".rstrip())
        time.sleep(PAUSE)


if __name__ == "__main__":
    run(main)
