"""Makes what the host's programs for backups are told, and the program that a timer runs."""

from __future__ import annotations

from slipway.core.shell import Script, python, sh
from slipway.inventory import Host
from slipway.model.layout import Layout
from slipway.remote import program

TIMER = "by schedule"


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
        "programs": {name: program(f"backups.{name}") for name in ("send_from_app", "prove_backup", *programs)},
        "keep": keep,
        "destinations": list(backup.to),
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


def scheduled_backup(host: Host, layout: Layout) -> Script:
    """Make a whole program that backs up, for a timer; its marks for the control machine are nothing for a journal."""
    return sh(
        """#!/bin/bash
# Written by `fab provision`; changes made here are overwritten.
# Backs up databases and files, as [app.backup] of the inventory has it.
set -o pipefail
{ {{backup}}
} | tr -d '\\001'
""",
        backup=python(program("backups.run_backup"), options_of(host, layout, "the host", TIMER)),
    )
