"""Drain and stop programs: no request that has begun, or waits to be accepted, is lost.

Options:
    supervisor: path of supervisord's unix socket.
    programs: names of the programs to end.
    sockets: {program: its unix socket} for those that serve one.
    files: {program: its file in supervisord's include folder}; deleted first: no restart must bring it back.
    wait: seconds to wait until they have ended; 0: only begin, the next operation's `strays` does the rest.
    grace: seconds to wait for an accept queue to become empty before TERM is sent anyway (default: 30).

SIGKILL after `stopwaitsecs` is supervisord's own affair. What is not known any more is well.

Facts: `stopped` [program], `stopping` [program], `stop_seconds`.
"""

from __future__ import annotations

import time

from slipway.remote.host.program_io import fact, run, say
from slipway.remote.supervisor.drain import collect, retire, unlink_dead
from slipway.remote.supervisor.list_and_stop_groups import unlink
from slipway.remote.supervisor.wait_for_supervisord import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Begin to stop all of them, then wait for all of them."""
    began = time.monotonic()
    supervisor, sockets, files = options["supervisor"], options.get("sockets", {}), options.get("files", {})
    left = list(options["programs"])
    unlink(*files.values())
    if answers(supervisor):
        for program in left:
            retire(supervisor, program, sockets.get(program), options.get("grace", 30))
        left = collect(supervisor, left, sockets, options.get("wait", 0))
    else:  # as after a restart of the host, before anything of the app starts
        say("the app's supervisord does not run; only files were cleared away")
        for path in sockets.values():
            unlink_dead(path)
        left = []
    for program in left:
        say(f"{program} still finishes its last requests; it ends by itself.")
    fact("stopped", [program for program in options["programs"] if program not in left])
    fact("stopping", left)
    fact("stop_seconds", round(time.monotonic() - began, 3))


if __name__ == "__main__":
    run(main)
