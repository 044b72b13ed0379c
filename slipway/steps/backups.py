"""Backs up and restores an app's databases and files on one host, by the programs of `slipway.remote.backups`."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.core.shell import Script, sh
from slipway.inventory import Host
from slipway.model.layout import Layout
from slipway.model.step import Record, Step
from slipway.remote import program
from slipway.steps.common import NOT_YET, remote


def options_of(host: Host, layout: Layout, who: str, why: str, *programs: str) -> dict[str, object]:
    """What the programs of `slipway.remote.backups` are told, see `make_backup` there."""
    backup = host.app.backup
    keep = {name: getattr(backup, f"keep_{name}") for name in ("last", "daily", "weekly", "monthly")}
    return {
        "base": str(layout.base),
        "as_app": ["env"] if host.rootless else ["sudo", "-n", "-u", host.app.user, "--"],
        "who": who,
        "why": why,
        "send": source_of(host, layout),
        "programs": {name: program(f"backups.{name}") for name in ("send_backup", "prove_backup", *programs)},
        "keep": keep,
        "destinations": [],
    }


def source_of(host: Host, layout: Layout) -> dict[str, object]:
    """Where the app's data are, for programs that run as its account."""
    backup = host.app.backup
    return {
        "base": str(layout.base),
        "shared": str(layout.shared),
        "database": backup.database,
        "files": None if backup.files is None else list(backup.files),
        "exclude": list(backup.exclude),
    }


def make(host: Host, layout: Layout, who: str, why: str) -> Step:
    """Make a backup and prove it; report the fact `backup`."""
    script = _provisioned(host, layout, remote("backups.run_backup", options_of(host, layout, who, why)))
    return Step("backup", "back up databases and files", script)


def look(layout: Layout) -> Step:
    """Report the fact `backups`."""
    return Step("backups", "list the backups", remote("backups.list_backups", {"base": str(layout.base)}))


def restore(
    host: Host, layout: Layout, who: str, id: str, *, keep_current: bool = True, unproved: bool = False
) -> Step:
    """Restore a backup; report the facts `kept`, `changed` and `restored`."""
    options = {
        **options_of(host, layout, who, "", "restore_backup"),
        "id": id,
        "keep_current": keep_current,
        "unproved": unproved,
    }
    script = _provisioned(host, layout, remote("backups.restore_stored_backup", options))
    return Step("restore", "restore the backup", script)


def history(layout: Layout, operation: str, who: str, when: str, more: Mapping[str, object] | None = None) -> Record:
    """The line of a host's history."""
    return Record(layout.history, {"operation": operation, "who": who, "when": when, **(more or {})})


def _provisioned(host: Host, layout: Layout, script: Script) -> Script:
    return sh(
        "[[ -d {{shared}} ]] || fail {{not_yet}}\n{{script}}",
        shared=layout.shared,
        not_yet=f"the host is not provisioned for {host.app.name}. {NOT_YET}",
        script=script,
    )
