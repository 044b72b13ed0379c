"""See that all processes of the current release run, and go on running without being started again.

Options:
    supervisor: path of supervisord's unix socket.
    base: the app's folder.
    seconds: how long to watch; 0: look once.

Processes that people have stopped do not count.

Facts: `watched` {"seconds", "processes"}.
"""

from __future__ import annotations

import time

from slipway.remote.host.program_io import Failed, fact, run
from slipway.remote.supervisor.list_and_stop_groups import processes
from slipway.remote.supervisor.program_names import in_force, link, parse, stopped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PAUSE = 1.0


def main(options: dict[str, Any]) -> None:
    """Look once a second, until the time is up or a process has ended."""
    began, seconds = time.monotonic(), options["seconds"]
    first = running(options)
    while time.monotonic() - began < seconds:
        time.sleep(min(PAUSE, max(0.0, seconds - (time.monotonic() - began))))
        for name, pid in running(options).items():
            if first.get(name, pid) != pid:
                raise Failed(f"{name} ended and was started again while it was watched: `fab logs` says why.")
    fact("watched", {"seconds": seconds, "processes": len(first)})


def running(options: dict[str, Any]) -> dict[str, int]:
    """Return the pid of each process, by its name in supervisord; one that does not run is a failure."""
    base = options["base"]
    release, halted = link(base, "current"), stopped(base)
    wanted = (
        {program for program in (in_force(base, release) or ()) if parse(program)[1] not in halted} if release else ()
    )
    known = processes(options["supervisor"])
    for program in sorted(wanted):
        for process in known.get(program, [{"statename": "not known to supervisord", "name": program}]):
            if process["statename"] != "RUNNING":
                raise Failed(f"{process['name']} does not run ({process['statename'].lower()}): `fab logs` says why.")
    return {process["name"]: process["pid"] for program in wanted for process in known[program]}


if __name__ == "__main__":
    run(main)
