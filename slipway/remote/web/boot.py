"""Boot the programs of a release beside the old one, and succeed only when they are healthy.

Options:
    supervisor: path of supervisord's unix socket.
    programs: names of the programs to start; each has its file in supervisord's include folder already.
    web: which of them serves the socket; the first if not given.
    socket: path of the web process's unix socket; null if there is no web process.
    marks: folder where each web worker leaves a file `worker-PID` once it has loaded the app; null: not used.
    workers: how many web workers there must be.
    allow: names of risks that do not reject a release, see `slipway.remote.web.find_app_risks`.
    health: path to ask, which must answer 2xx; null: "/", where any answer but 400 and 5xx is healthy.
    host, https: the Host header to send, and whether to say that the visitor came by https.
    timeout: seconds for everything.
    log: path of the web program's log; logs: {program: path} for all of them.
    files: {program: its file}, deleted with a program that is rejected.
    only: names of the processes that are meant; all if not given. stopped: folder with a file for each that is not.
    port: whether the web process may listen on a port; see `slipway.remote.web.forward_socket_to_port`.
    patient: whether to watch until they are healthy (default true); else they are only started.

What does not run is started; what ran before is only checked, and left as it is if it is not healthy. So is what
supervisord tries to start again and again already: it is tried at once.
Rejected at once: a process that ends, workers that die again and again, a wrong status (503 may be warm-up:
asked again until the deadline). What was started is then killed, and nothing of it is left in supervisord.

Facts: `boot` {"seconds", "pids": {program: [pid]}, "started": [program], "answer": {"status", "ms"} or null}.
"""

from __future__ import annotations

import os
import signal
import time

from slipway.remote.host.program_io import Failed, fact, note, run, size, with_log
from slipway.remote.supervisor.list_and_stop_groups import POLL, destroy, processes, remove, unlink
from slipway.remote.supervisor.program_names import parse
from slipway.remote.supervisor.rpc import ALREADY_ADDED, BAD_NAME, CANT_REREAD, NOT_RUNNING, Fault, call
from slipway.remote.web.open_ports import open_ports, told_open
from slipway.remote.web.wait_healthy import Rejected, Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Start, watch, and either report or take everything back."""
    began = time.monotonic()
    options = {**options, "programs": [program for program in options["programs"] if meant(program, options)]}
    deadline = began + options["timeout"]
    logs = {**options.get("logs", {})}
    if options["programs"] and options.get("log"):
        logs.setdefault(options.get("web") or options["programs"][0], options["log"])
    sizes = {program: size(path) for program, path in logs.items()}
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    started: list[str] = []
    try:
        add(options["supervisor"], options["programs"], started, deadline)
        watch = Watch(options, deadline)
        while options.get("patient", True) and not watch.well():
            time.sleep(POLL)
    except Rejected as rejected:
        turn(options["supervisor"])
        reason = with_log(str(rejected), logs.get(rejected.program), sizes.get(rejected.program, 0))
        take_back(options, started)
        raise Failed(reason) from None
    except BaseException:
        take_back(options, started)
        raise
    seconds = round(time.monotonic() - began, 3)
    if options.get("port") and (ports := open_ports(os.stat(options["socket"]).st_uid)):
        note("listens-everywhere", told_open(ports))
    fact("boot", {"seconds": seconds, "pids": watch.pids, "started": started, "answer": watch.answer})


def meant(program: str, options: dict[str, Any]) -> bool:
    """Say whether a program is to run."""
    process = parse(program)[1]
    stopped = options.get("stopped")
    return process in (options.get("only") or [process]) and not (
        stopped and os.path.exists(os.path.join(stopped, process))
    )


def interrupted(*_: object) -> None:
    """The control machine is gone, or does not want this any more."""
    raise KeyboardInterrupt


def turn(supervisor: str) -> None:
    """Let supervisord's loop turn once, so that what the app said last is in its log."""
    try:
        call(supervisor, "getState")
    except Failed:
        return


def add(supervisor: str, programs: list[str], started: list[str], deadline: float) -> None:
    """Make supervisord start what does not run yet; note what was started as soon as it is."""
    try:
        call(supervisor, "reloadConfig")
    except Fault as fault:
        if fault.code != CANT_REREAD:
            raise
        raise Failed(f"supervisord cannot read its programs: {fault}") from None
    for program in programs:
        if not hasten(supervisor, program):
            if runs(supervisor, program, deadline):
                continue
            started.append(program)
        try:
            call(supervisor, "addProcessGroup", program)
        except Fault as fault:
            if fault.code == BAD_NAME:
                raise Failed(f"supervisord knows no program {program}: where is its file?") from None
            if fault.code != ALREADY_ADDED:
                raise
        try:
            # autostart would do it, at supervisord's next turn
            call(supervisor, "startProcessGroup", program, False)
        except Fault as fault:
            raise Rejected(program, f"{program} cannot be started: {fault}") from None


def hasten(supervisor: str, program: str) -> bool:
    """End the pauses of processes that are tried again and again; say whether there are any."""
    waiting = [one["name"] for one in processes(supervisor).get(program, []) if one["statename"] == "BACKOFF"]
    for name in waiting:
        try:
            call(supervisor, "stopProcess", f"{program}:{name}", False)
        except Fault as fault:
            if fault.code != NOT_RUNNING:
                raise
    return bool(waiting)


def runs(supervisor: str, program: str, deadline: float) -> bool:
    """Say whether a program runs already; what is about to end or failed earlier is cleared away first."""
    while True:
        states = {process["statename"] for process in processes(supervisor).get(program, [])}
        if states and states <= {"RUNNING", "STARTING"}:
            return True
        if "STOPPING" not in states:
            break
        if time.monotonic() > deadline:
            raise Failed(f"{program} was told to stop earlier and has not ended yet. Try again in a minute.")
        time.sleep(POLL)
    if states and not remove(supervisor, program):
        destroy(supervisor, program)
    return False


def take_back(options: dict[str, Any], started: list[str]) -> None:
    """End what was started here, at once, and leave nothing of it; nothing interrupts that."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    for program in started:
        destroy(options["supervisor"], program)
        unlink(options.get("files", {}).get(program))
    if options.get("socket") and (options.get("web") or options["programs"][0]) in started:
        unlink(options["socket"])


if __name__ == "__main__":
    run(main)
