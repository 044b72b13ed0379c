"""Plans `fab db.backup`, `db.backups` and `db.restore`, and the commands that dump a database or open its shell."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from slipway.core.errors import UsageError
from slipway.core.shell import command_line, sh
from slipway.inventory import Host
from slipway.model.hosts_to_targets import layout_of, who
from slipway.model.step import Phase, Plan, Step
from slipway.operations.shells import in_release
from slipway.remote import program
from slipway.render.backup_programs import options_of, source_of
from slipway.steps import backups as steps

BACKUP, RESTORE = "db.backup", "db.restore"
ID = re.compile(r"\d{8}-\d{6}")
# Compressed, since sudo writes the words of each command into its log.
START = "import base64,sys,zlib;exec(zlib.decompress(base64.b64decode(sys.argv.pop(1))))"


def backup_plan(hosts: Sequence[Host], why: str = "by hand") -> Plan:
    """Back up every host, each for itself."""
    by, when = who(), _now()
    made = {host.name: _making(host, by, why) for host in hosts}
    records = {host.name: steps.history(layout_of(host), BACKUP, by, when, {"message": why}) for host in hosts}
    return Plan(BACKUP, (Phase("backup", "Back up", made),), together=False, records=records)


def _making(host: Host, by: str, why: str) -> tuple[Step, ...]:
    layout = layout_of(host)
    bring = (steps.destination(host, layout, name) for name in host.app.backup.to)
    return (*bring, steps.make(host, layout, by, why))


def list_plan(hosts: Sequence[Host]) -> Plan:
    """List the backups of every host, and whether it is in maintenance."""
    looked = {host.name: (steps.look(layout_of(host)),) for host in hosts}
    return Plan("db.backups", (Phase("look", "List the backups", looked, early=True),), together=False)


def restore_plan(host: Host, id: str, *, keep_current: bool = True, unproved: bool = False) -> Plan:
    """Restore a backup on the host where it is."""
    by, when, layout = who(), _now(), layout_of(host)
    step = steps.restore(host, layout, by, id, keep_current=keep_current, unproved=unproved)
    records = {host.name: steps.history(layout, RESTORE, by, when, {"message": f"the backup {id}"})}
    return Plan(RESTORE, (Phase("restore", "Restore", {host.name: (step,)}),), together=False, records=records)


def backup_before_migrations(told: Sequence[Mapping[str, Any]], release: str) -> str | None:
    """The id of the last proved backup from before the migrations of a release; None if there is none.

    Args:
        told: the fact `backups` of a host.
    """
    why = f"{steps.BEFORE_MIGRATIONS} {release}"
    return next((str(one["id"]) for one in reversed(told) if one["why"] == why and one.get("proved")), None)


def checked_id(text: str) -> str:
    """The id of a backup as it was typed.

    Raises:
        UsageError: it is none.
    """
    if not ID.fullmatch(text):
        raise UsageError(
            f"'{text}' is not the id of a backup" if text else "there is no backup to restore",
            hint="`fab db.backups` lists them: fab db.restore 20261120-030000",
        )
    return text


def shell_command(host: Host, name: str = "") -> str:
    """What runs on a host to open the shell of the app's database."""
    return _as_app(host, "backups.open_database_shell", {"name": name, "plain": False})


def dump_command(host: Host, name: str = "", plain: bool = False) -> str:
    """What runs on a host to print a dump of the app's database."""
    return _as_app(host, "backups.dump_database", {"name": name, "plain": plain})


def export_command(host: Host, id: str) -> str:
    """What runs on a host to print a stored backup."""
    return _as_deploy("backups.export_backup", {"base": str(layout_of(host).base), "id": id})


def import_command(host: Host, why: str) -> str:
    """What runs on a host to store a backup that it is sent; prints its id."""
    return _as_deploy("backups.import_backup", options_of(host, layout_of(host), who(), why))


def _as_deploy(name: str, options: Mapping[str, object]) -> str:
    return command_line(["python3", "-I", "-S", "-c", START, _packed(name), json.dumps(options, sort_keys=True)])


def _packed(name: str) -> str:
    return base64.b64encode(zlib.compress(program(name).encode(), 9)).decode()


def _as_app(host: Host, name: str, more: dict[str, object]) -> str:
    options = {**source_of(host, layout_of(host)), **more}
    return in_release(
        host,
        sh(
            "/usr/bin/python3 -I -S -c {{start}} {{program}} {{options}}",
            start=START,
            program=_packed(name),
            options=json.dumps(options, sort_keys=True),
        ),
    )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
