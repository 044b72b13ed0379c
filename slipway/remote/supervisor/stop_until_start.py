"""Stop processes of the current release until somebody starts them: they stay stopped over reboots.

Options:
    supervisor: path of supervisord's unix socket.
    base: the app's folder.
    stopped: folder that gets a file for each process that is stopped, which says `who`.
    processes: names of processes; empty: everything that runs, the standby too.
    who: who stops them, and when.
    grace: seconds that requests may wait to be accepted before the web server is stopped anyway.
    wait: seconds to wait until all have ended.

The web server gets no new requests from the moment in which its file is there: nginx looks for it.

Facts: `changed` once for each process.
"""

from __future__ import annotations

import os

from slipway.remote.host.program_io import Failed, fact, run, say
from slipway.remote.supervisor.drain import collect, retire
from slipway.remote.supervisor.list_and_stop_groups import processes, unlink
from slipway.remote.supervisor.program_names import enabled, in_force, link, parse, socket_of
from slipway.remote.supervisor.wait_for_supervisord import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Write down what is meant, so that nothing comes back by a restart; then end what runs."""
    base, supervisor = options["base"], options["supervisor"]
    release = link(base, "current")
    if not release:
        raise Failed("nothing has been deployed here yet: run `fab deploy` first")
    known = sorted({parse(program)[1] for program in in_force(base, release) or ()})
    for process in options["processes"]:
        if process not in known:
            raise Failed(f"the current release has no process {process}; it has {', '.join(known)}")
    chosen = options["processes"] or known
    for process in chosen:
        write_down(options["stopped"], process, options["who"])

    def meant(program: str) -> bool:
        of, process, _ = parse(program)
        return not options["processes"] or (of == release and process in chosen)

    folder = os.path.join(base, "supervisor.d")
    unlink(*(os.path.join(folder, f"{program}.conf") for program in enabled(folder) if meant(program)))
    if not answers(supervisor):
        say("the app's supervisord does not run; nothing of the app does")
        return
    programs = [program for program in processes(supervisor) if meant(program)]
    for program in programs:
        retire(supervisor, program, socket_of(base, program), options["grace"])
    sockets = {program: socket_of(base, program) or "" for program in programs}
    left = collect(supervisor, programs, sockets, options["wait"])
    if left:
        raise Failed(f"{', '.join(left)} did not end within {options['wait']} s; it ends by itself, or look: fab ps")


def write_down(folder: str, process: str, who: str) -> None:
    """Write down that a process is stopped, unless it is already."""
    path = os.path.join(folder, process)
    if os.path.exists(path):
        return
    with open(f"{folder}/.new", "w", encoding="utf-8") as file:
        file.write(f"{who}\n")
    os.rename(f"{folder}/.new", path)
    fact("changed", f"{process} stopped")


if __name__ == "__main__":
    run(main)
