"""Report the state of an app on this host, whatever exists of it: for `fab status` and for the survey.

Options:
    supervisor: path of supervisord's unix socket.
    base: the app's folder.
    health, host, https: as for `boot`; the current release's socket is asked.
    timeout: seconds for the health check (5 if not given).

Fact: `state`, of
    base: whether the app's folder is there.
    current, standby: ids of the releases, or null; release: what current/release.json says, or null.
    supervisord: null if it runs, else why not.
    processes: [{program, name, release, process, replaced (by a restart), state, pid, since (epoch), uptime (s),
        exit, why, workers, memory (bytes: resident, pages that workers share counted for each)}].
    stopped: {process: who has stopped it, since when}.
    schedules: see `agenda`, or null.
    health: {status, ms, well, why} or null if nothing is deployed.
    disk: {free, total (bytes), inodes, inodes_total}, of the file system of base or of its nearest parent.
    maintenance: null, or {who, since, message, retry_after (s), allow}.
"""

from __future__ import annotations

import json
import os

from slipway.remote.host.proc import children, memory
from slipway.remote.host.program_io import fact, run, say
from slipway.remote.schedules.list import agenda
from slipway.remote.supervisor.groups import processes
from slipway.remote.supervisor.program_names import in_force, link, parse, stopped
from slipway.remote.supervisor.rpc import Down
from slipway.remote.web.health_check import Question, ask, complaint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Look at everything; nothing of it is an error."""
    base = options["base"]
    current = link(base, "current")
    state: dict[str, Any] = {
        "base": os.path.isdir(base),
        "current": current,
        "standby": link(base, "standby"),
    }
    state["release"] = written(os.path.join(base, "current", "release.json"))
    state["supervisord"], state["processes"] = None, []
    state["stopped"], state["schedules"] = stopped(base), agenda(base)
    try:
        known = processes(options["supervisor"])
        force = in_force(base, current) if current else None
        state["processes"] = [describe(process, force) for group in known.values() for process in group]
    except Down as down:
        state["supervisord"] = str(down)
    state["health"] = health(options, base) if current else None
    state["disk"] = disk(base)
    state["maintenance"] = written(os.path.join(base, "maintenance", "on", "facts.json"))
    if not state["base"]:
        say(f"{base} does not exist: this host is not provisioned for the app.")
    elif not current:
        say("Nothing has been deployed here yet.")
    if state["base"] and state["supervisord"]:
        say(state["supervisord"])
    fact("state", state)


def written(path: str) -> Any:
    """Return what a JSON file says, or None."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def describe(process: dict[str, Any], force: set[str] | None) -> dict[str, Any]:
    """Say how one process is; `force` are the programs that the current release consists of, if that is known."""
    pid = process["pid"]
    workers = children(pid) if pid else set()
    release, name, _ = parse(process["group"])
    return {
        "program": process["group"],
        "name": process["name"],
        "release": release,
        "process": name,
        "replaced": bool(force and any(parse(one)[0] == release for one in force) and process["group"] not in force),
        "state": process["statename"],
        "pid": pid or None,
        "since": process["start"] or None,
        "uptime": process["now"] - process["start"] if pid else None,
        "exit": process["exitstatus"],
        "why": process["spawnerr"],
        "workers": len(workers),
        "memory": sum(memory(one) for one in {pid, *workers} if one),
    }


def health(options: dict[str, Any], base: str) -> dict[str, Any]:
    """Ask the current release through its own socket."""
    socket = os.path.join(os.path.realpath(os.path.join(base, "current")), "run", "web.sock")
    host, https = options.get("host") or "localhost", bool(options.get("https"))
    question = Question(socket, options.get("health"), host, https)
    try:
        answer = ask(question, options.get("timeout", 5))
    except OSError as error:
        why = f"{question} at {socket}: {error.strerror or error}"
        return {"status": None, "ms": None, "well": False, "why": why}
    why = complaint(question, answer)
    return {"status": answer.status, "ms": round(answer.seconds * 1000, 1), "well": not why, "why": why}


def disk(path: str) -> dict[str, int]:
    """Measure the file system where base is, or will be."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    room = os.statvfs(path)
    return {
        "free": room.f_bavail * room.f_frsize,
        "total": room.f_blocks * room.f_frsize,
        "inodes": room.f_favail,
        "inodes_total": room.f_files,
    }


if __name__ == "__main__":
    run(main)
