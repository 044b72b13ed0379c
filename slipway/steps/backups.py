"""Backs up and restores an app's databases and files on one host, by the programs of `slipway.remote.backups`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence

from slipway.core.shell import Script, sh
from slipway.inventory import Host
from slipway.model.layout import Layout
from slipway.model.step import Facts, Record, Step, Target
from slipway.render.backup_programs import options_of
from slipway.steps.common import NOT_YET, remote

BEFORE_MIGRATIONS = "before the migrations of"


def make(host: Host, layout: Layout, who: str, why: str) -> Step:
    """Make a backup and prove it; report the fact `backup`."""
    script = _provisioned(host, layout, remote("backups.run_backup", options_of(host, layout, who, why)))
    return Step("backup", "back up databases and files", script)


def destination(host: Host, layout: Layout, name: str) -> Step:
    """Bring what restic needs to know of another place, if this machine has it; only `deploy` can read it there."""
    store = host.app.backup.to[name]
    folder = layout.base / "backups" / "destinations"

    def payload(facts: Facts) -> bytes:
        return _values_for(store.url, store.env)

    script = sh(
        """
[[ -d {{shared}} ]] || fail {{not_yet}}
(umask 077; mkdir -p {{folder}}; : > {{new}})
chmod 0700 {{backups}} {{folder}}
chmod 0600 {{new}}
take_to {{new}}
if [[ -s {{new}} ]]; then mv -f {{new}} {{file}}; else rm -f {{new}}; fi""",
        shared=layout.shared,
        not_yet=f"the host is not provisioned for {host.app.name}. {NOT_YET}",
        folder=folder,
        backups=folder.parent,
        new=folder / f"{name}.new",
        file=folder / f"{name}.json",
    )
    return Step(f"destination-{name}", f"bring what {name} needs", script, payload)


def _values_for(url: str, names: Sequence[str]) -> bytes:
    """The variables of restic for a repository; nothing where this machine does not have them all."""
    values = {name: os.environ[name] for name in names if name in os.environ}
    return json.dumps({"RESTIC_REPOSITORY": url, **values}).encode() if len(values) == len(names) else b""


def look(layout: Layout) -> Step:
    """Report the fact `backups`."""
    return Step("backups", "list the backups", remote("backups.list_backups", {"base": str(layout.base)}))


def restore(
    host: Host, layout: Layout, who: str, id: str, *, keep_current: bool = True, unproved: bool = False
) -> Step:
    """Restore a backup; report the facts `kept`, `changed` and `restored`.

    What is known of the database's migrations counts no longer, so that the next deploy migrates.
    """
    options = {
        **options_of(host, layout, who, "", "restore_backup"),
        "id": id,
        "keep_current": keep_current,
        "unproved": unproved,
    }
    script = sh(
        "rm -f {{forgotten}}\n{{restore}}",
        forgotten=[layout.migrated, layout.applied, layout.current / "conf" / "fingerprint"],
        restore=remote("backups.restore_stored_backup", options),
    )
    return Step("restore", "restore the backup", _provisioned(host, layout, script))


def backup_before(target: Target) -> Script:
    """Back up before migrations, where the inventory asks for it and there is something; a failure stops the deploy."""
    if not target.app.backup.before_migrate:
        return Script("")
    why = f"{BEFORE_MIGRATIONS} {target.release.id}"
    options = {**options_of(target.host, target.layout, target.release.who, why), "must_prove": True}
    return sh(
        "if [[ -e {{current}}/conf/run ]]; then\n{{backup}}\nfi",
        current=target.layout.current,
        backup=remote("backups.run_backup", options),
    )


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
