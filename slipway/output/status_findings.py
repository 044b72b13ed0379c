"""Finds what is wrong with the app on a host, and what is worth a note, in the facts of `fab status`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from slipway.output.quantities import age, size
from slipway.remote.web.open_ports import told_open

if TYPE_CHECKING:
    from slipway.inventory.app import App

WEB = "web"
KEEP_DYING = 3  # workers in ten minutes: not by chance
RESTARTING = 60  # seconds: a process that ended lately, and is younger, keeps ending


def troubles(state: Mapping[str, Any]) -> Iterator[str]:
    """Why the app is not healthy: for a visitor, or since a process does not run that should."""
    if not state["base"]:
        yield "not provisioned"
        return
    if not state["current"]:
        yield "nothing deployed yet"
    if state["supervisord"]:
        yield " ".join(state["supervisord"].split())
    yield from _health(state)
    if state.get("tls"):
        yield from state["tls"]["troubles"]
    yield from _stopped(state)
    for process in state["processes"]:
        if belongs(process, state["current"]) and process["process"] not in state["stopped"]:
            yield from _process(process)
            yield from _workers(process, state["memory_kills"])
    for name in state["missing"]:
        if name not in state["stopped"]:
            yield f"{name} does not run, and supervisord does not know it: `fab start` starts it"


def _health(state: Mapping[str, Any]) -> Iterator[str]:
    """What the health check says through nginx, and the health command."""
    health = state["health"]
    halted = WEB in state["stopped"]
    if health and not health["well"] and not halted:
        yield " ".join(health["why"].split())
        if health["app"] and health["status"] is not None:
            yield "the app itself is healthy; what nginx makes of it is not healthy"
    check = state.get("check")
    if check and not check["well"]:
        yield " ".join(check["why"].split())


def notes(state: Mapping[str, Any], app: App | None = None) -> Iterator[str]:
    """What one should know although the app is well."""
    if state["lock"]:
        yield f"locked by {state['lock']}; `fab unlock` takes the lock away"
    if state["operation"]:
        yield f"an operation runs: {_operation(state['operation'])}"
    if state["journal"]:
        yield "an operation was cut off here and is half done; the next deploy, or a reboot, puts it right"
    if state["site"]:
        yield state["site"]
    if state["open_ports"]:
        yield told_open(state["open_ports"])
    yield from _killed(state)
    yield from _standby(state, app)
    if app:
        from slipway.model.scale import differences

        for name, (now, usual) in differences(app, state["release"] or {}).items():
            yield f"{name} scaled to {now}, {usual} in the inventory"
    schedules = state.get("schedules")
    if schedules and not schedules["here"] and not schedules["assigned"]:
        yield "no host runs the schedules: deploy to all hosts"


def backup_troubles(state: Mapping[str, Any], app: App | None, now: float) -> Iterator[str]:
    """Where backups are made by schedule: that there is none that was proved, or that it is too old."""
    longest = app.backup.longest_gap if app else None
    if longest is None or not state["current"]:
        return
    told = state["backup"] or {"proved": None, "not_proved": None, "failed": None}
    why = told["failed"] or told["not_proved"]
    because = f": {' '.join(why.split())}" if why else "; `fab db.backup` makes one"
    if told["proved"] is None:
        yield f"there is no backup that was proved to restore{because}"
    elif now - told["proved"] > longest:
        yield f"the last backup that was proved to restore is {age(now - told['proved'])} old{because}"


def backup_notes(state: Mapping[str, Any], app: App | None, now: float) -> Iterator[str]:
    """That a backup failed after the last proved one, where that is not too old."""
    told = state["backup"]
    if _has_backup(state, app, now) and (why := told["failed"] or told["not_proved"]):
        yield f"{_proved(told, now)}; a later one failed: {' '.join(why.split())}"


def remarks(state: Mapping[str, Any], app: App | None, now: float) -> Iterator[str]:
    """What is well and worth a line: that this host runs the schedules, and how old the last proved backup is."""
    schedules, told = state.get("schedules"), state["backup"]
    if schedules and schedules["here"]:
        yield "runs the schedules"
    if _has_backup(state, app, now) and not (told["failed"] or told["not_proved"]):
        yield _proved(told, now)


def _has_backup(state: Mapping[str, Any], app: App | None, now: float) -> bool:
    told = state["backup"]
    return bool(told) and told["proved"] is not None and not list(backup_troubles(state, app, now))


def _proved(told: Mapping[str, Any], now: float) -> str:
    return f"last proved backup {age(now - told['proved'])} ago"


def belongs(process: Mapping[str, Any], current: str | None) -> bool:
    """Whether the current release consists of it; a restart may have replaced it."""
    return process["release"] == current and not process.get("replaced")


def _stopped(state: Mapping[str, Any]) -> Iterator[str]:
    stopped: Mapping[str, str] = state["stopped"]
    for who in dict.fromkeys(stopped.values()):
        yield f"{', '.join(name for name in stopped if stopped[name] == who)} stopped by {who}; `fab start` starts it"


def _process(process: Mapping[str, Any]) -> Iterator[str]:
    state, exits = process["state"], process["exits"]
    name = process["process"] + process["name"][len(process["program"]) :]  # `-1`, where there are several
    ended = f"; it ended {exits} times by itself in the last 10 minutes" if exits > 1 else ""
    look = f"`fab logs --process={process['process']}` says why"
    if state not in ("RUNNING", "STARTING"):
        why = f": {' '.join(process['why'].split())}" if process["why"] else ""
        yield f"{name} does not run ({state.lower()}{why}){ended}; {look}"
    elif exits > 1 and (process["uptime"] or 0) < RESTARTING:
        yield f"{name} keeps ending and is started again{ended}; {look}"


def _workers(process: Mapping[str, Any], memory_kills: int | None) -> Iterator[str]:
    """A web server whose workers die again and again answers now and then, and loses requests."""
    deaths = process["deaths"]
    if len(deaths) >= KEEP_DYING:
        how = Counter(deaths).most_common(1)[0][0]
        if how == "SIGKILL":
            how += ", by the kernel, for want of memory" if memory_kills else ": often for want of memory"
        yield (
            f"workers of {process['process']} keep dying and are started again: {len(deaths)} times in the last 10 "
            f"minutes ({how}); requests are lost each time; `fab logs --process={process['process']}` says more"
        )


def _killed(state: Mapping[str, Any]) -> Iterator[str]:
    """What was killed although nobody told it to: nearly always by the kernel."""
    for process in state["processes"]:
        killed = process["killed"] + (process["deaths"].count("SIGKILL") if len(process["deaths"]) < KEEP_DYING else 0)
        if killed and belongs(process, state["current"]):
            yield f"{process['process']}: killed {_times(killed)} in the last 10 minutes (SIGKILL)"
    if state["memory_kills"]:
        most = state["limits"]["memory_most"]
        why = f"the app has a limit of {size(most)} (limits.memory)" if most else "there was no memory left"
        yield (
            f"the kernel has killed processes of the app {_times(state['memory_kills'])} since its supervisord was "
            f"started: {why}. Fewer workers, or more memory, end that"
        )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _standby(state: Mapping[str, Any], app: App | None) -> Iterator[str]:
    """The previous release should be up, so that going back takes milliseconds."""
    standby = state["standby"]
    if not standby or not app or not app.standby or not app.web or state["supervisord"]:
        return
    mine = [one["state"] for one in state["processes"] if one["release"] == standby and one["process"] == WEB]
    if "RUNNING" not in mine and "STARTING" not in mine:
        yield f"the standby {standby} does not run: `fab rollback` has to boot it first"


def _operation(told: str) -> str:
    import json

    try:
        lock = json.loads(told)
        return f"{lock['operation']} by {lock['who']} since {lock['since']} UTC"
    except (ValueError, KeyError, TypeError):
        return told
