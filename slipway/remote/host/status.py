"""Report the state of an app on this host, whatever exists of it: for `fab status` and for the survey.

Options:
    supervisor: path of supervisord's unix socket.
    base: the app's folder.
    health, host, https, https_redirect: as for `boot`.
    address, port: of nginx, which is asked as a visitor does. pass: folder with the word that passes in maintenance.
    names: further names of the site, asked for where nginx's site is not the one that is wanted.
    site: the site of nginx that is wanted, see `site_trouble`; null if there shall be none.
    site_path: where it lies. remedy: the command that sets it right.
    tls: see `served_certificates`; null where TLS does not end here.
    timeout: seconds for each question.

Fact: `state`, of
    base: whether the app's folder is there.
    current, standby: ids of the releases, or null; release: what current/release.json says, or null.
    supervisord: null if it runs, else why not.
    processes: [{program, name, release, process, replaced (by a restart), state, pid, since (epoch), uptime (s),
        exit, why, exits (how often it ended by itself lately), killed (how often of that by SIGKILL), workers,
        deaths (how each worker of gunicorn ended that died lately, while the process itself lived on),
        memory (bytes: resident, pages that workers share counted for each)}].
    memory_kills: how many processes of the app the kernel has killed since its unit was started, since there was no
        memory left; null where the host does not tell.
    limits: what the kernel lets the app have, see `slipway.remote.host.app_limits`.
    open_ports: those on which the web process listens on all addresses, see `slipway.remote.web.open_ports`.
    missing: [process] of those that the current release consists of, and supervisord does not know.
    stopped: {process: who has stopped it, since when}.
    schedules: see `schedules_of`, or null.
    health: what a visitor gets through nginx: {status, ms, well, why, app (whether the app itself is well; null: not
        asked)}, or null if nothing is deployed, or the release has no web side.
    web: whether the current release has a web side.
    tls: see `served_certificates`, or null.
    check: what the health command of the release says: {exit, ms, well, why}, or null if it has none.
    site: what is wrong with nginx's site; "" if nothing is.
    fleet: the hosts that were deployed to together with this one, NAME=ADDRESS, as one text.
    lock: what `fab lock` has written, or null. operation: what the lock of a running operation says, or null.
    journal: whether an operation was cut off and waits to be put right.
    disk: {free, total (bytes), inodes, inodes_total}, of the file system of base or of its nearest parent.
    backup: see `last_backup`, or null.
    maintenance: null, or {who, since, message, retry_after (s), allow}.
"""

from __future__ import annotations

import json
import os
import time

from slipway.remote.backups.last_backup import last_backup
from slipway.remote.host.app_limits import app_limits
from slipway.remote.host.disk_space import disk
from slipway.remote.host.health_command_attempt import attempt
from slipway.remote.host.memory_kills import memory_kills
from slipway.remote.host.nginx_site_current import site_trouble
from slipway.remote.host.proc import children, locked, memory
from slipway.remote.host.program_io import fact, run, say
from slipway.remote.host.refuse_foreign_socket import stranger_at
from slipway.remote.schedules.list import schedules_of
from slipway.remote.supervisor.list_and_stop_groups import processes
from slipway.remote.supervisor.program_names import in_force, link, log_of, parse, stopped
from slipway.remote.supervisor.recent_exits import recent_exits
from slipway.remote.supervisor.rpc import Down
from slipway.remote.supervisor.running_or_starting import serves, state_of
from slipway.remote.tls.served_certificates import served_certificates
from slipway.remote.web.follow_redirects import follow
from slipway.remote.web.open_ports import open_ports_of
from slipway.remote.web.send_health_check import Question, complaint, passing, question_of
from slipway.remote.web.worker_deaths import worker_deaths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LATELY = 600.0  # seconds
SOCKET_REPLACED = "Something of the app has replaced it: look at what the app runs, then deploy again"


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
    state["supervisord"], state["processes"], state["missing"], state["memory_kills"] = None, [], [], None
    state["open_ports"], state["limits"] = [], app_limits(0)
    state["stopped"], state["schedules"] = stopped(base), schedules_of(base)
    try:
        known = processes(options["supervisor"])
        force = in_force(base, current) if current else None
        exits = recent_exits(os.path.join(base, "log", "supervisord.log"), LATELY)
        state["processes"] = [describe(base, process, force, exits) for group in known.values() for process in group]
        state["limits"] = app_limits(next((one["pid"] for one in state["processes"] if one["pid"]), 0))
        state["open_ports"] = open_ports_of(state["processes"])
        told = (memory_kills(one["pid"]) for one in state["processes"] if one["pid"])
        state["memory_kills"] = next((number for number in told if number is not None), None)
        state["missing"] = sorted({parse(program)[1] for program in (force or set()) - set(known)})
    except Down as down:
        state["supervisord"] = str(down)
    state["web"] = bool(current) and has_web(os.path.join(base, "current", "conf"))
    state["site"] = trouble_of_site(options, state["web"]) if current else ""
    state["health"] = health(options, base, state["site"]) if state["web"] else None
    state["check"] = check(os.path.join(base, "current", "conf", "health_command.json"), options["timeout"])
    state["tls"] = served_certificates(options["tls"]) if options.get("tls") and state["base"] else None
    state["operation"] = text(os.path.join(base, "lock")) if locked(os.path.join(base, "lock")) else None
    state["journal"] = state["operation"] is None and any(
        os.path.exists(os.path.join(base, name)) for name in ("undo", "undo.aside", "undo.done")
    )
    state["fleet"] = text(os.path.join(base, "fleet")) or ""
    state["lock"] = text(os.path.join(base, "held"))
    state["disk"] = disk(base)
    state["backup"] = last_backup(base)
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


def text(path: str) -> str | None:
    """Return what a file of ours says, or None."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(4096).strip()
    except OSError:
        return None


def describe(base: str, process: dict[str, Any], force: set[str] | None, exits: dict[str, list[str]]) -> dict[str, Any]:
    """Say how one process is; `force` are the programs that the current release consists of, if that is known."""
    pid = process["pid"]
    workers = children(pid) if pid else set()
    release, name, _ = parse(process["group"])
    ended = exits.get(process["name"], [])
    since = max(time.time() - LATELY, process["start"])
    served = name == "web" and pid and process["group"] in (force or ())
    return {
        "program": process["group"],
        "name": process["name"],
        "release": release,
        "process": name,
        "replaced": bool(force and any(parse(one)[0] == release for one in force) and process["group"] not in force),
        "state": state_of(name, process["statename"], serves=serves(base, release), exits=len(ended)),
        "pid": pid or None,
        "since": process["start"] or None,
        "uptime": process["now"] - process["start"] if pid else None,
        "exit": process["exitstatus"],
        "why": process["spawnerr"],
        "exits": len(ended),
        "killed": sum("SIGKILL" in how for how in ended),
        "deaths": worker_deaths(log_of(base, process["group"]), since) if served else [],
        "workers": len(workers),
        "memory": sum(memory(one) for one in {pid, *workers} if one),
    }


def has_web(conf: str) -> bool:
    """Say whether a release has a web side, by its folder of configuration."""
    return os.path.exists(os.path.join(conf, "web.program")) or not os.path.exists(os.path.join(conf, "workers.json"))


def trouble_of_site(options: dict[str, Any], web: bool) -> str:
    """Say what is wrong with nginx's site for the release, or ""."""
    if options["site"]:
        return site_trouble(options["site"])
    if not os.path.exists(options["site_path"]):
        return ""
    until = ", when a release without a web side runs" if web else ""
    return f"nginx has a site for the app, which has no web side (web = false): {options['remedy']} removes it{until}"


def check(path: str, timeout: float) -> dict[str, Any] | None:
    """Run the health command of the current release once."""
    command = written(path)
    if not command:
        return None
    found = attempt(command, timeout)
    return {"exit": found["exit"], "ms": found["ms"], "well": not found["exit"], "why": found["why"]}


def health(options: dict[str, Any], base: str, drift: str) -> dict[str, Any]:
    """Ask as a visitor does, through nginx; where that is not healthy, the app itself, to tell which of them it is."""
    word = passing(options.get("pass"))
    place = (options["address"], options["port"])
    names = [options["host"], *(options["names"] if drift else ())]
    for name in names:
        found = judged(question_of({**options, "host": name}, place, word), options["timeout"])
        if not found["well"]:
            break
    socket = os.path.join(os.path.realpath(os.path.join(base, "current")), "run", "web.sock")
    stranger = stranger_at(socket)
    if stranger:
        why = f"visitors see what is not this app: {socket} leads elsewhere, and {stranger}. {SOCKET_REPLACED}"
        return {**found, "well": False, "why": why, "app": False}
    if found["well"]:
        return {**found, "app": None}
    if link_in_place_of(socket):
        why = f"{found['why']}. nginx follows no link in the place of the app's socket {socket}. {SOCKET_REPLACED}"
        return {**found, "why": why, "app": False}
    app = judged(question_of(options, socket), options["timeout"])
    if found["status"] is None:
        found["why"] = f"nginx: {found['why']}; `systemctl status nginx` says more"
    if not app["well"] and found["status"] is None:
        found["why"] += f". The app itself is not healthy either: {app['why']}"
    return {**found, "app": app["well"]}


def link_in_place_of(socket: str) -> bool:
    """Say whether a link lies where the app's socket should be, to which deploys have a link lead."""
    try:
        return os.path.islink(os.path.join(os.path.dirname(socket), os.path.basename(os.readlink(socket))))
    except OSError:
        return False


def judged(question: Question, timeout: float) -> dict[str, Any]:
    """Ask, and say how it went."""
    try:
        answer = follow(question, timeout)
    except OSError as error:
        where = question.address if isinstance(question.address, str) else "{}:{}".format(*question.address)
        why = f"{question} at {where}: {error.strerror or error}"
        return {"status": None, "ms": None, "well": False, "why": why}
    why = complaint(question, answer)
    return {"status": answer.status, "ms": round(answer.seconds * 1000, 1), "well": not why, "why": why}


if __name__ == "__main__":
    run(main)
