"""Shows the state of the app on each host as a table, for `fab status`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from slipway.output.colours import PLAIN, Style
from slipway.output.quantities import age, ago, size
from slipway.output.table import Cell, Column, table

if TYPE_CHECKING:
    from slipway.inventory.app import App

# What supervisord calls the state of a process (supervisord.org/subprocess.html).
LOOKS = MappingProxyType({"RUNNING": "green", "STARTING": "yellow", "STOPPING": "yellow", "STOPPED": "dim"})
COLUMNS = (
    Column("host"),
    Column("release", shrinks=True),
    Column("commit", shrinks=True),
    Column("since"),
    Column("process"),
    Column("state"),
    Column("pid", right=True),
    Column("up", right=True),
    Column("health", shrinks=True),
    Column("free", right=True),
    Column("note", shrinks=True),
)
ENDED = frozenset({"STOPPED", "EXITED"})  # of interest only for the current release
SCARCE = 1 << 30  # bytes of free disk under which it is worth a look


class ProcessStatus(NamedTuple):
    """One process: its name in the inventory, its state as supervisord has it, seconds since its start."""

    name: str
    state: str
    pid: int | None = None
    uptime: float | None = None


class HostStatus(Struct, frozen=True):
    """The app on one host.

    Attributes:
        release: id of the current release; "" if none.
        commit: what the release is, such as the commit's subject.
        since: when the release was deployed.
        processes: those of the current release first.
        well: whether it passes its health check; None if it was not asked.
        health: what the health check said.
        disk_free: bytes.
        note: what else there is to say, such as why the host could not be asked.
        maintenance: None, or since when by whom visitors get which page, see `slipway.remote.host.status`.
    """

    host: str
    release: str = ""
    commit: str = ""
    since: datetime | None = None
    processes: Sequence[ProcessStatus] = ()
    well: bool | None = None
    health: str = ""
    disk_free: int | None = None
    note: str = ""
    maintenance: Mapping[str, Any] | None = None


def host_status(host: str, state: Mapping[str, Any], app: App | None = None) -> HostStatus:
    """From the fact `state` that a host reports, see `slipway.remote.host.status`.

    Args:
        app: as the inventory has it on this host, to tell where `fab scale` has changed that.
    """
    current = state["current"] or ""
    release = state["release"] or {}
    health = state["health"] or {}
    processes = [
        ProcessStatus(_name(one, state), one["state"], one["pid"], one["uptime"])
        for one in sorted(state["processes"], key=lambda one: not _belongs(one, current))
        if _belongs(one, current) or one["state"] not in ENDED
    ]
    notes = [
        "not provisioned" if not state["base"] else "" if current else "nothing deployed yet",
        state["supervisord"] or "" if state["base"] else "",
        *_stopped(state),
        *(_scaled(app, release) if app else ()),
        _scheduler(state["schedules"]) if state.get("schedules") else "",
    ]
    return HostStatus(
        host=host,
        release=current,
        commit=release.get("subject", ""),
        since=datetime.fromisoformat(release["when"]) if "when" in release else None,
        processes=processes,
        well=health.get("well"),
        health="stopped"
        if "web" in state.get("stopped", {}) and not health.get("well")
        else f"{health['status']} in {health['ms']:.0f} ms"
        if health.get("well")
        else health.get("why") or "",
        disk_free=state["disk"]["free"],
        note="; ".join(filter(None, notes)),
        maintenance=state.get("maintenance"),
    )


def _scaled(app: App, release: Mapping[str, Any]) -> Iterator[str]:
    from slipway.model.scale import differences

    for name, (now, usual) in differences(app, release).items():
        yield f"{name} scaled to {now}, {usual} in the inventory"


def status_table(
    rows: Sequence[HostStatus], *, now: datetime | None = None, style: Style = PLAIN, width: int | None = None
) -> list[str]:
    """Draw a table with a line for each process, the host's own columns on the first of them.

    Args:
        now: what `since` is compared with; the current time if not given.
        width: see `slipway.output.table.table`.
    """
    now = now or datetime.now(timezone.utc)
    cells = [line for status in rows for line in _lines(status, now)]
    return table(COLUMNS, cells, style=style, width=width)


def _lines(status: HostStatus, now: datetime) -> list[list[Cell]]:
    processes = [_process(process) for process in status.processes] or [["", "", "", ""]]
    free = "" if status.disk_free is None else size(status.disk_free)
    scarce = status.disk_free is not None and status.disk_free < SCARCE
    first: list[Cell] = [
        (status.host, "bold"),
        status.release,
        status.commit,
        ago(status.since, now) if status.since else "",
        *processes[0],
        (status.health, "" if status.well is None else "green" if status.well else "bold red"),
        (free, "yellow" if scarce else ""),
        ("; ".join(filter(None, (_closed(status, now), status.note))), "yellow"),
    ]
    return [first, *(["", "", "", "", *process, "", "", ""] for process in processes[1:])]


def _closed(status: HostStatus, now: datetime) -> str:
    """In the note, since it is what one has to know first."""
    if not status.maintenance:
        return ""
    told = status.maintenance
    since = ago(datetime.fromisoformat(told["since"]), now)
    return f"maintenance on {since}, by {told['who']}: {' '.join(told['message'].split())}"


def _process(process: ProcessStatus) -> list[Cell]:
    return [
        process.name,
        (process.state.lower(), LOOKS.get(process.state, "bold red")),
        str(process.pid or ""),
        "" if process.uptime is None else age(process.uptime),
    ]


def _scheduler(told: Mapping[str, Any]) -> str:
    """Who runs the schedules, as the host that does knows it."""
    if told["here"]:
        return "runs the schedules"
    return "" if told["assigned"] else "no host runs the schedules: deploy to all hosts"


def _stopped(state: Mapping[str, Any]) -> Iterator[str]:
    """What people have stopped."""
    stopped: Mapping[str, str] = state.get("stopped", {})
    for who in dict.fromkeys(stopped.values()):
        yield f"{', '.join(name for name in stopped if stopped[name] == who)} stopped by {who}"


def _belongs(process: Mapping[str, Any], current: str) -> bool:
    """Whether the current release consists of it; a restart may have replaced it."""
    return process["release"] == current and not process.get("replaced")


def _name(process: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    """A process by its name in the inventory; one of another release is marked."""
    name = str(process["process"] or process["program"])
    if _belongs(process, state["current"]):
        return name
    return f"{name} ({'standby' if process['release'] == state['standby'] else 'old'})"
