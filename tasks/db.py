"""Tasks of the app's databases: db.shell, db.dump, db.backup, db.backups, db.restore."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from invoke import Context, Exit, task

from slipway.core.printable import clean

from . import shells
from .common import DRY, about, conclude, connected, rehearse, selected
from .db_copy import copy
from .db_restore import VERBOSE, restore
from .db_transfer import keep_here
from .status_and_history import AS_JSON, ask, complain, facts_by_host, show

if TYPE_CHECKING:
    from slipway.inventory import Host
    from slipway.model.outcome import Outcome

__all__ = ["backup", "backups", "copy", "dump", "restore", "shell"]

DATABASE = "Which database, where the app has several: its name in Django's DATABASES (default: the first)."


@task(help={"name": DATABASE}, auto_shortflags=False)
def shell(c: Context, name: str = "") -> None:
    """Open psql or sqlite3 on the app's database, as the app's account, on the first host.

    Examples: fab db.shell --hosts=prod    echo 'select 1' | fab db.shell
    """
    from slipway.operations.backups import shell_command

    host = shells.first(c, "the database")
    shells.talk(host, shell_command(host, name))


@task(
    help={
        "to": "Write it to this file, instead of standard output.",
        "sql": "As SQL text, instead of PostgreSQL's custom format or SQLite's file.",
        "name": DATABASE,
    },
    auto_shortflags=False,
)
def dump(c: Context, to: str = "", sql: bool = False, name: str = "") -> None:
    """Dump the app's database on the first host to this machine.

    Examples: fab db.dump > shop.dump    fab db.dump --sql --to=shop.sql
    """
    from slipway.core.errors import UsageError
    from slipway.operations.backups import dump_command

    if not to and not sql and sys.stdout.isatty():
        raise UsageError("a dump is no text for a terminal", hint="fab db.dump --to=FILE, or --sql")
    host = shells.first(c, "a dump of the database")
    shells.fetch(host, dump_command(host, name, plain=sql), to)


@task(
    help={"to": "here: also write each backup to a file in this folder.", "dry": DRY, "verbose": VERBOSE},
    auto_shortflags=False,
)
def backup(c: Context, to: str = "", dry: bool = False, verbose: bool = False) -> None:
    """Back up databases and files on each host, and prove each backup by restoring it into a scratch database.

    Exit code 1 if a backup could not be made, or not proved.

    Examples: fab db.backup --hosts=prod    fab db.backup --to=here
    """
    from slipway.core.errors import UsageError
    from slipway.operations.backups import backup_plan
    from slipway.output.backups import proof

    _, hosts = selected(c)
    if to not in ("", "here"):
        hint = "Other places stand in the inventory, as [app.backup.to.NAME]; they get every backup."
        raise UsageError(f"--to={to}: only --to=here is known", hint=hint)
    made = backup_plan(hosts)
    if dry:
        rehearse(made, hosts, verbose=verbose)
        return
    outcome = run_plan(made, hosts, verbose=verbose)
    found = facts_by_host(outcome, "backup")
    for host, record in found.items():
        print(f"{host}: {clean(proof(record))}")
    conclude(outcome, about(made, hosts), verbose=verbose)
    if not all(record.get("proved") for record in found.values()):
        raise Exit(code=1)
    if to:
        for one in hosts:
            keep_here(one, found[one.name]["id"])


@task(help={"json": AS_JSON}, auto_shortflags=False)
def backups(c: Context, json: bool = False) -> None:
    """List the backups on each host, newest first: age, size, whether proved, what for.

    Examples: fab db.backups --hosts=prod    fab db.backups --json | jq '.hosts.web1[-1].proved'
    """
    from slipway.operations.backups import list_plan
    from slipway.output.backups import backups_table

    _, hosts = selected(c)
    outcome = ask(list_plan(hosts), hosts)
    found = facts_by_host(outcome, "backups")
    show({"hosts": found}, lambda **look: backups_table(found, **look), json)
    complain(outcome)


def tell_of_backups(left: dict[Host, str]) -> None:
    """After a rollback: say which backup is from before the migrations of the release that each host left."""
    from slipway.operations.backups import backup_before_migrations, list_plan

    hosts = [host for host in left if host.app.backup.before_migrate]
    if not hosts:
        return
    found = facts_by_host(ask(list_plan(hosts), hosts), "backups")
    for host in hosts:
        id = backup_before_migrations(found.get(host.name, []), left[host])
        if id:
            told = f"the database stays as it is; the backup {id} is from before the migrations of {left[host]}"
            print(f"note: {host.name}: {told}: fab db.restore {id} --hosts={host.name}", file=sys.stderr)


def run_plan(made: Any, hosts: list[Host], *, verbose: bool) -> Outcome:
    """Run a plan that takes no lock of a deploy's."""
    from slipway.fleet.agent_options import looking

    with connected(hosts, looking, verbose=verbose) as fleet:
        return fleet.run(made)
