"""Defines what restart, stop and start work on: the current release of one host, and which of its processes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from slipway.core.errors import UsageError
from slipway.inventory import Host
from slipway.inventory.app import SCHEDULES, WEB, App
from slipway.model.hosts_to_targets import layout_of
from slipway.model.layout import Layout
from slipway.model.release_layout import ReleaseLayout


class RunningRelease(Struct, frozen=True):
    """The current release on one host, whose processes are to be restarted, stopped or started.

    Attributes:
        operation: `restart`, `stop` or `start`.
        id: the release; "" if there is none yet.
        processes: their names in the inventory; none: all of them.
        who, when: for the history.
    """

    operation: str
    host: Host
    id: str
    processes: tuple[str, ...]
    who: str
    when: datetime

    @property
    def app(self) -> App:
        return self.host.app

    @property
    def layout(self) -> Layout:
        return layout_of(self.host)

    @property
    def paths(self) -> ReleaseLayout:
        return self.layout.release(self.id)


def facts(place: RunningRelease) -> dict[str, str]:
    """What is remembered of it."""
    return {
        "operation": place.operation,
        "release": place.id,
        "who": place.who,
        "when": place.when.isoformat(timespec="seconds"),
        "message": ", ".join(place.processes) or "all processes",
    }


def chosen(hosts: Sequence[Host], text: str) -> tuple[str, ...]:
    """Read what was typed: names of processes by comma; none for all.

    Raises:
        UsageError: no selected host has such a process.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    known = list(
        dict.fromkeys(
            [
                *([WEB] if any(host.app.web for host in hosts) else []),
                *(name for host in hosts for name in host.app.workers),
            ]
        )
    )
    known += [SCHEDULES] if any(host.app.enabled_schedules for host in hosts) else []
    for name in names:
        if name not in known:
            raise UsageError(f"--process={name}: there is no such process", hint=f"One of {', '.join(known)}.")
    return names
