"""How many of each process run on a host, where `fab scale` overrides the inventory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from slipway.core.errors import UsageError
from slipway.inventory.app import WEB, App
from slipway.inventory.web_servers import SERVERS
from slipway.model.stored_overrides import Count

# As the inventory has it.
MOST, MOST_WORKERS = 100, 256


def scaled(app: App, scale: Mapping[str, Count]) -> App:
    """The app with as many processes as is kept; of processes that it does not have any more nothing is said."""
    processes = dict(app.processes)
    gunicorn = app.gunicorn
    for name, one in scale.items():
        if name == WEB and app.web_process.command is None and one.count:
            gunicorn = msgspec.structs.replace(gunicorn, workers=one.count)
        elif name != WEB and name in processes:
            processes[name] = msgspec.structs.replace(processes[name], count=one.count)
    return msgspec.structs.replace(app, gunicorn=gunicorn, processes=processes)


def counts(app: App) -> dict[str, int]:
    """How many of each process an app runs on a host; of the web server it is gunicorn's workers."""
    several = app.web_process.command is None and SERVERS[app.server_name].workers
    web = {WEB: app.gunicorn.workers if several else 1}
    return {**(web if app.web else {}), **{name: process.count for name, process in app.workers.items()}}


def scale_of(release: Mapping[str, Any] | None) -> dict[str, Count]:
    """The scale that belongs to a release, from what its release.json says."""
    told = (release or {}).get("scale") or {}
    return {name: Count(one["count"], one["who"], one["when"]) for name, one in told.items()}


def differences(app: App, release: Mapping[str, Any] | None) -> dict[str, tuple[int, int]]:
    """For each process that was scaled: how many the release runs on a host, and how many the inventory says.

    Args:
        app: as the inventory has it. release: what release.json says.
    """
    now, usual = counts(scaled(app, scale_of(release))), counts(app)
    return {name: (now[name], usual[name]) for name in now if now[name] != usual[name]}


def check_scales(apps: Sequence[App], process: str, count: int | None) -> None:
    """See whether a process can have a count on a fleet; hosts that have no such process do not matter.

    Args:
        process: "" for all. count: None for as many as the inventory says.

    Raises:
        UsageError: no host has such a process, or it cannot have that count.
    """
    having = [app for app in apps if process in counts(app)]
    if process and not having:
        known = ", ".join(dict.fromkeys(name for app in apps for name in counts(app)))
        raise UsageError(f"there is no process '{process}'", hint=f"There are {known}; see [app.processes].")
    if count is None:
        return
    if process == WEB:
        _check_web(having, count)
    elif count > MOST:
        raise UsageError(f"{process} cannot run {count} times on a host", hint=f"0 to {MOST} can be.")


def _check_web(apps: Sequence[App], count: int) -> None:
    if any(app.web_process.command is not None for app in apps):
        hint = "It has a command of its own in the inventory: how many workers it has is said there."
        raise UsageError("web cannot be scaled", hint=hint)
    single = next((app.server_name for app in apps if not SERVERS[app.server_name].workers), "")
    if single:
        raise UsageError(f"web cannot be scaled: {single} has one process", hint="gunicorn.threads may be raised.")
    if not 1 <= count <= MOST_WORKERS:
        hint = f"1 to {MOST_WORKERS} can be: without a worker nobody would answer visitors."
        raise UsageError(f"web cannot have {count} workers", hint=hint)
