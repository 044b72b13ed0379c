"""Check that the app's supervisord answers.

Options:
    supervisor: path of its unix socket. log: its log, whose end explains why it does not answer.
    timeout: seconds for which it may be starting.
"""

from __future__ import annotations

import time

from slipway.remote.host.program_io import Failed, run, with_log
from slipway.remote.supervisor.rpc import Down, call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PAUSE = 0.05


def main(options: dict[str, Any]) -> None:
    """Ask until it answers."""
    deadline = time.monotonic() + options["timeout"]
    while True:
        try:
            call(options["supervisor"], "getState")
            return
        except Down as down:
            if time.monotonic() > deadline:
                raise Failed(with_log(str(down), options["log"])) from None
        time.sleep(PAUSE)


if __name__ == "__main__":
    run(main)
