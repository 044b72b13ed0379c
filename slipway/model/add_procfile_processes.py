"""Adds to an app the processes that its own Procfile declares: for a commit, and for tasks that deploy none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from slipway.core.errors import UsageError
from slipway.detect import Detected, with_processes
from slipway.detect.declared_processes import NAMES, PROCFILE, find
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.inventory.merge_layers import contradiction
from slipway.source.git import GitError, git


def with_declared(host: Host, detected: Detected) -> Host:
    """The host with the processes and the migrations that were detected in the commit that it gets.

    Raises:
        UsageError: a process has no command, or it contradicts what the inventory says.
    """
    app = with_processes(host.app, dict(detected.processes))
    if detected.release_command:
        app = msgspec.structs.replace(app, migrate=detected.release_command)
    _check(app, detected.declared_in, contradiction(host.app))
    return host if app == host.app else msgspec.structs.replace(host, app=app)


def with_committed(hosts: Sequence[Host]) -> list[Host]:
    """The hosts with the processes of the Procfile that is checked out, for tasks that name processes.

    Nothing is run where there is none; what cannot be read is left to the next deploy to say.
    """
    found: dict[tuple[Path, str], dict[str, str]] = {}
    made = []
    for host in hosts:
        place = host.app.source, host.app.chdir or ""
        if place not in found:
            found[place] = _committed(*place)
        app = with_processes(host.app, found[place])
        made.append(host if app == host.app else msgspec.structs.replace(host, app=app))
    return made


class _CheckedOut:
    """The files that declare processes and are checked out, as they are committed."""

    def __init__(self, source: Path, chdir: str) -> None:
        paths = [f"{folder}/{name}".lstrip("/") for folder in {chdir, ""} for name in NAMES]
        self.files = frozenset(path for path in paths if (source / path).is_file())
        self._source = source

    def read(self, path: str) -> bytes:
        """Content of one of the files."""
        return git(self._source, "show", f"HEAD:./{path}")


def _committed(source: Path, chdir: str) -> dict[str, str]:
    try:
        return find(_CheckedOut(source, chdir), chdir).others
    except (GitError, UsageError):
        return {}


def _check(app: App, declared_in: str, known: tuple[str, str] | None) -> None:
    """Refuse what the committed files bring with them; `known` was there before, as on hosts where root is the app."""
    for name, process in app.workers.items():
        if process.command is None:
            where = f"neither in the inventory nor in {declared_in or PROCFILE}"
            raise UsageError(f"app.processes.{name} has no command, {where}", hint="Give it one, or take it out.")
    if not app.web and not any(process.count for process in app.workers.values()) and not app.enabled_schedules:
        raise UsageError("app.web is false, and nothing else would run", hint="Name a process in [app.processes].")
    problem = contradiction(app)
    if problem and problem != known:
        key, what = problem
        raise UsageError(
            f"{declared_in}, with [app] of the inventory: {key} {what}".replace(":  ", ": "),
            hint="Change one of the two.",
        )
