"""Report the state, CPU and memory of every process of an app, for `fab ps`. Runs as the app's user.

Options:
    supervisor: path of supervisord's unix socket.
    base: the app's folder.
    log: supervisord's own log.
    sample: seconds over which the use of the processor is measured.

Fact: `ps`, of
    current, standby: ids of the releases, or null.
    supervisord: null if it runs, else why not.
    processes: [{process, name (with its number, where there are several), program, release, role (current, standby or
        old), state (of supervisord; MISSING: it should run, and supervisord does not know it), pid, since (epoch),
        uptime (s), memory (bytes, of all that it has started, too), measure (pss or rss), cpu (percent of one
        processor), cpu_seconds, restarts (how often it ended by itself), exits (the same, lately), exit, why,
        stopped (who has stopped it, since when, or null)}].
    schedules: see `schedules_of`, or null. limits: see `app_limits`.
"""

from __future__ import annotations

import os
import time

from slipway.remote.host.app_limits import app_limits
from slipway.remote.host.process_usage import memory_of, seconds_of, trees
from slipway.remote.host.program_io import fact, run
from slipway.remote.schedules.list import schedules_of
from slipway.remote.supervisor.exit_counts import restarts
from slipway.remote.supervisor.list_and_stop_groups import processes
from slipway.remote.supervisor.program_names import in_force, link, parse, stopped
from slipway.remote.supervisor.recent_exits import recent_exits
from slipway.remote.supervisor.rpc import Down
from slipway.remote.supervisor.running_or_starting import state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LATELY = 600.0  # seconds


def main(options: dict[str, Any]) -> None:
    """Look at everything; nothing of it is an error."""
    base = options["base"]
    roles = {link(base, "standby"): "standby", link(base, "current"): "current"}
    told: dict[str, Any] = {"current": link(base, "current"), "standby": link(base, "standby"), "supervisord": None}
    known: list[dict[str, Any]] = []
    try:
        known = [process for group in processes(options["supervisor"]).values() for process in group]
    except Down as down:
        told["supervisord"] = str(down)
    counts = restarts(options["log"])
    force = in_force(base, told["current"]) if told["current"] else None
    exits = recent_exits(options["log"], LATELY)
    found = [describe(process, roles, counts, exits) for process in known]
    for process in found:
        if process["role"] == "current" and force and process["program"] not in force:
            process["role"] = "old"  # replaced by a restart
    measure(found, options["sample"])
    told["limits"] = app_limits(next((process["pid"] for process in found if process["pid"]), 0))
    told["processes"] = [*found, *missing(base, told["current"], found)]
    stopped_by = stopped(base)
    for process in told["processes"]:
        process["stopped"] = stopped_by.get(process["process"]) if process["role"] == "current" else None
        if process["stopped"] and process["state"] == "MISSING":
            process["state"] = "STOPPED"
    told["schedules"] = schedules_of(base)
    fact("ps", told)


def describe(
    process: dict[str, Any], roles: dict[str | None, str], counts: dict[str, int], exits: dict[str, list[str]]
) -> dict[str, Any]:
    """Say what supervisord knows of one process."""
    release, name, _ = parse(process["group"])
    pid = process["pid"]
    ended = exits.get(process["name"], ())
    number = process["name"][len(process["group"]) :]  # `-1`, where there are several
    return {
        "process": name,
        "name": name + number,
        "program": process["group"],
        "release": release,
        "role": roles.get(release, "old"),
        "state": state_of(name, process["statename"], serves=release in roles, exits=len(ended)),
        "pid": pid or None,
        "since": process["start"] or None,
        "uptime": process["now"] - process["start"] if pid else None,
        "restarts": counts.get(process["name"], 0),
        "exits": len(ended),
        "exit": None if pid else process["exitstatus"],
        "why": process["spawnerr"],
    }


def measure(found: list[dict[str, Any]], sample: float) -> None:
    """Add what each process takes."""
    roots = {process["pid"] for process in found if process["pid"]}
    began, before = time.monotonic(), {pid: seconds_of(tree) for pid, tree in trees(roots).items()}
    if roots:
        time.sleep(sample)
    after, took = trees(roots), time.monotonic() - began
    for process in found:
        tree = after.get(process["pid"], set())
        seconds = seconds_of(tree)
        used = max(0.0, seconds - before.get(process["pid"], seconds))
        process["memory"], process["measure"] = memory_of(tree) if tree else (None, None)
        process["cpu"] = round(100 * used / took, 1) if tree else None
        process["cpu_seconds"] = round(seconds, 2) if tree else None


def missing(base: str, current: str | None, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what belongs to the current release, and supervisord does not know."""
    folder = os.path.join(base, "releases", current or "-", "conf")
    try:
        names = [name[: -len(".program")] for name in sorted(os.listdir(folder)) if name.endswith(".program")]
    except OSError:
        return []
    there = {process["process"] for process in found if process["role"] == "current"}
    empty = dict.fromkeys(
        ("pid", "since", "uptime", "memory", "measure", "cpu", "cpu_seconds", "exit"),
    )
    return [
        {"process": name, "name": name, "program": f"{current}.{name}", "release": current, "role": "current",
         "state": "MISSING", "restarts": 0, "exits": 0, "why": "", **empty}
        for name in names
        if name not in there
    ]  # fmt: skip


if __name__ == "__main__":
    run(main)
