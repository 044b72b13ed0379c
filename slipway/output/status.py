"""Shows the state of the app on each host as a table, for `fab status`."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from math import floor
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from slipway.core.printable import clean
from slipway.model.release import short_id
from slipway.output.colours import PLAIN, Style
from slipway.output.quantities import age, ago, size
from slipway.output.services import service_troubles, services_table
from slipway.output.status_findings import backup_notes, backup_troubles, belongs, notes, remarks, troubles
from slipway.output.table import UNBOUND, Cell, Column, narrowed, natural_width, table
from slipway.output.text_width import clip

if TYPE_CHECKING:
    from slipway.inventory.app import App

# What supervisord calls the state of a process (supervisord.org/subprocess.html).
LOOKS = MappingProxyType({"RUNNING": "green", "STARTING": "yellow", "STOPPING": "yellow", "STOPPED": "dim"})
COLUMNS = (
    Column("host"),
    Column("release", shrinks=True, narrow=short_id),
    Column("commit", shrinks=True, narrow=lambda _: ""),
    Column("since"),
    Column("process"),
    Column("state"),
    Column("pid", right=True),
    Column("up", right=True),
    Column("health", shrinks=True),
    Column("free", right=True),
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
        well: whether a visitor can use it and every process runs that should.
        health: what a visitor gets, in short.
        certificate_days: for which its certificate is good; None if TLS does not end there.
        disk_free: bytes.
        troubles: why it is not healthy, such as why the host could not be asked.
        notes: what else there is to say.
        lock: what `fab lock` has written; None if nobody has locked it.
        services: what the app needs beside itself: whether each of them serves.
        maintenance: None, or since when by whom visitors get which page, see `slipway.remote.host.status`.
    """

    host: str
    release: str = ""
    commit: str = ""
    since: datetime | None = None
    processes: Sequence[ProcessStatus] = ()
    well: bool = False
    health: str = ""
    certificate_days: int | None = None
    disk_free: int | None = None
    troubles: Sequence[str] = ()
    notes: Sequence[str] = ()
    lock: str | None = None
    maintenance: Mapping[str, Any] | None = None
    services: Sequence[Mapping[str, Any]] = ()


def host_status(
    host: str, state: Mapping[str, Any], app: App | None = None, services: Sequence[Mapping[str, Any]] = ()
) -> HostStatus:
    """From the fact `state` that a host reports, see `slipway.remote.host.status`.

    Args:
        app: as the inventory has it on this host, to tell where `fab scale` has changed that.
        services: what the host reports of them, see `slipway.remote.services.report_services`.
    """
    current = state["current"] or ""
    release = state["release"] or {}
    health = state["health"] or {}
    processes = [
        ProcessStatus(_name(one, state), one["state"], one["pid"], one["uptime"])
        for one in sorted(state["processes"], key=lambda one: not belongs(one, current))
        if belongs(one, current) or one["state"] not in ENDED
    ]
    now = time.time()
    wrong = (*troubles(state), *backup_troubles(state, app, now), *service_troubles(services))
    return HostStatus(
        host=host,
        release=current,
        commit=release.get("subject", ""),
        since=datetime.fromisoformat(release["when"]) if "when" in release else None,
        processes=processes,
        well=not wrong,
        health="stopped"
        if "web" in state["stopped"] and not health.get("well")
        else _health(health, state.get("check")),
        certificate_days=_certificate_days(state.get("tls")),
        disk_free=state["disk"]["free"],
        troubles=wrong,
        notes=(*notes(state, app), *backup_notes(state, app, now), *remarks(state, app, now)),
        lock=state["lock"],
        maintenance=state["maintenance"],
        services=services,
    )


def _certificate_days(tls: Mapping[str, Any] | None) -> int | None:
    """The fewest days that a domain has; less than 0 once its certificate has expired."""
    return None if not tls or tls["days"] is None else floor(tls["days"])


def _health(health: Mapping[str, Any], check: Mapping[str, Any] | None) -> str:
    """What a visitor gets; without a web side, what the health command says."""
    if not health and check:
        return (
            f"exit {check['exit']} in {check['ms']:.0f} ms" if check["well"] else f"not healthy (exit {check['exit']})"
        )
    if not health:
        return ""
    if health["well"]:
        return f"{health['status']} in {health['ms'] or 0:.0f} ms"
    return f"not healthy ({health['status'] or 'no answer'})"


def status_table(
    rows: Sequence[HostStatus], *, now: datetime | None = None, style: Style = PLAIN, width: int | None = None
) -> list[str]:
    """Draw a table with a line for each process, the host's own columns on the first of them; what is to be said of
    hosts stands below, whole.

    Args:
        now: what `since` is compared with; the current time if not given.
        width: see `slipway.output.table.table`.
    """
    now = now or datetime.now(timezone.utc)
    cells = [line for status in rows for line in _lines(status, now)]
    if width and natural_width(COLUMNS, narrowed(COLUMNS, cells, width)) > width:
        lines = [line for status in rows for line in _block(status, now, style, width)]
    else:
        lines = table(COLUMNS, cells, style=style, width=width)
    return [
        *lines,
        *services_table({row.host: row.services for row in rows}, style, width),
        *_below(rows, now, style, width),
    ]


def _block(status: HostStatus, now: datetime, style: Style, width: int) -> list[str]:
    """A host in lines of its own, where a table does not fit: its health, its release, and a line for each process."""
    first, *_ = _lines(status, now)
    head = "  ".join(_painted(cell, style) for cell in (first[0], first[8], first[9]) if _painted(cell, style))
    release = "  ".join(clean(text) for text in (status.release, str(first[3]), status.commit) if text)
    processes = table(COLUMNS[4:8], [_process(each) for each in status.processes], style=style, width=width - 2)
    return [head, *([f"  {clip(release, width - 2, style)}"] if release else []), *(f"  {line}" for line in processes)]


def _painted(cell: Cell, style: Style) -> str:
    return clean(cell) if isinstance(cell, str) else cell[0] and style.paint(clean(cell[0]), cell[1])


def _below(rows: Sequence[HostStatus], now: datetime, style: Style, width: int | None) -> list[str]:
    said = [
        (status.host, label, look, text)
        for status in rows
        for label, look, texts in (
            ("not healthy:", "bold red", status.troubles),
            ("note:", "bold yellow", (*_closed(status, now), *status.notes)),
        )
        for text in texts
    ]
    lines = []
    for host, label, look, text in said:
        first, *more = textwrap.wrap(
            f"{label} {host}: {clean(text)}", width or UNBOUND, subsequent_indent="  ", break_on_hyphens=False
        )
        lines += [style.paint(label, look) + first.removeprefix(label), *more]
    return ["", *lines] if lines else []


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
        (_shown_health(status), "bold red" if status.health.startswith(("not healthy", "stopped")) else "green"),
        (free, "yellow" if scarce else ""),
    ]
    return [first, *(["", "", "", "", *process, "", ""] for process in processes[1:])]


def _shown_health(status: HostStatus) -> str:
    """The health, and for how long the certificate is good, where there is one."""
    if status.certificate_days is None or not status.health:
        return status.health
    return f"{status.health}, certificate {status.certificate_days} d"


def _closed(status: HostStatus, now: datetime) -> Iterator[str]:
    """The first of the notes, since it is what one has to know first."""
    if status.maintenance:
        told = status.maintenance
        since = ago(datetime.fromisoformat(told["since"]), now)
        yield f"maintenance on {since}, by {told['who']}: {' '.join(told['message'].split())}"


def _process(process: ProcessStatus) -> list[Cell]:
    return [
        process.name,
        (process.state.lower(), LOOKS.get(process.state, "bold red")),
        str(process.pid or ""),
        "" if process.uptime is None else age(process.uptime),
    ]


def _name(process: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    """A process by its name in the inventory; one of another release is marked."""
    name = str(process["process"] or process["program"])
    if belongs(process, state["current"]):
        return name
    return f"{name} ({'standby' if process['release'] == state['standby'] else 'old'})"
