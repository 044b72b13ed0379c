"""Tasks of the app's databases: db.shell, db.dump, db.backup, db.backups, db.restore."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from invoke import Context, Exit, task

from slipway.core.printable import clean

from . import shells
from .common import DRY, about, conclude, connected, rehearse, selected, templates_of
from .status_and_history import AS_JSON, ask, complain, facts_by_host, show

if TYPE_CHECKING:
    from slipway.inventory import Host, Inventory
    from slipway.model.outcome import Outcome

DATABASE = "Which database, where the app has several: its name in Django's DATABASES (default: the first)."
VERBOSE = "Show each step and all output."


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


@task(help={"dry": DRY, "verbose": VERBOSE}, auto_shortflags=False)
def backup(c: Context, dry: bool = False, verbose: bool = False) -> None:
    """Back up databases and files on each host, and prove each backup by restoring it into a scratch database.

    Exit code 1 if a backup could not be made, or not proved.

    Example: fab db.backup --hosts=prod
    """
    from slipway.operations.backups import backup_plan
    from slipway.output.backups import proof

    _, hosts = selected(c)
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


@task(
    help={
        "backup": "The id of a backup of this host, as `fab db.backups` lists it.",
        "app": "The app's name, instead of being asked for it.",
        "yes": "Do not ask.",
        "keep-current": "First back up what is there (default); --no-keep-current loses it.",
        "unproved": "Also restore a backup that was not proved.",
        "dry": DRY,
        "verbose": VERBOSE,
    },
    auto_shortflags=False,
)
def restore(
    c: Context,
    backup: str = "",
    app: str = "",
    yes: bool = False,
    keep_current: bool = True,
    unproved: bool = False,
    dry: bool = False,
    verbose: bool = False,
) -> None:
    """Restore a backup on one host, in maintenance; what was there is kept as another backup.

    Restoring that one undoes it.

    Examples: fab db.restore 20261120-030000 --hosts=web1
    """
    from slipway.core.errors import UsageError
    from slipway.operations.backups import checked_id, restore_plan

    inventory, hosts = selected(c)
    if len(hosts) > 1 and not dry:
        names = ", ".join(host.name for host in hosts)
        raise UsageError(f"a backup belongs to one host, not to {names}", hint=f"Name it: --hosts={hosts[0].name}")
    host = hosts[0]
    made = restore_plan(host, checked_id(backup), keep_current=keep_current, unproved=unproved)
    if dry:
        rehearse(made, [host], verbose=verbose)
        return
    if not yes:
        confirm(host, app, keep_current)
    in_maintenance(inventory, host, made, verbose=verbose)


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


def in_maintenance(inventory: Inventory, host: Host, made: Any, *, verbose: bool) -> None:
    """Close the site, restore, open it again: unless it was closed before, or the data may be half restored."""
    from slipway.fleet.agent_options import maintaining
    from slipway.operations.maintenance import close_plan, open_plan, requested_page

    closing = host.app.web and not closed(host)
    page = requested_page("This site is being restored from a backup, and will be back soon.")
    fleet_of_app = [host]
    if closing:
        plan = close_plan(fleet_of_app, page, templates_of(inventory))
        with connected(fleet_of_app, maintaining(plan.operation), verbose=verbose) as fleet:
            outcome = fleet.run(plan)
        if not outcome.ok:
            conclude(outcome, about(plan, fleet_of_app), verbose=verbose)
    from slipway.fleet.agent_options import deploying

    with connected([host], deploying(made.operation), verbose=verbose) as fleet:
        outcome = fleet.run(made)
    facts = outcome.hosts[host.name].facts
    if closing and (outcome.ok or "changed" not in facts):
        plan = open_plan(fleet_of_app, page.who, page.when)
        with connected(fleet_of_app, maintaining(plan.operation), verbose=verbose) as fleet:
            opened = fleet.run(plan)
        if not opened.ok:
            conclude(opened, about(plan, fleet_of_app), verbose=verbose)
    elif closing:
        print(
            "note: the site stays in maintenance, since the restore did not come to its end: look at the data, then "
            f"restore again, or fab maintenance.off --hosts={host.name}",
            file=sys.stderr,
        )
    if outcome.ok:
        from slipway.output.backups import restored

        for line in restored(facts_by_host(outcome, "restored")[host.name], facts.get("kept", "none"), host.name):
            print(clean(line))
    conclude(outcome, about(made, [host]), verbose=verbose)


def closed(host: Host) -> bool:
    """Whether the site is in maintenance already."""
    from slipway.operations import plan

    outcome = ask(plan.status([host]), [host])
    complain(outcome)
    return bool(facts_by_host(outcome, "state")[host.name]["maintenance"])


def confirm(host: Host, app: str, keep_current: bool) -> None:
    """Ask the user to type the name of the app whose data are replaced.

    Raises:
        UsageError: it is another name, or nobody is there who could say it.
    """
    from slipway.core.errors import UsageError
    from slipway.output.ask_user import answer

    name = host.app.name
    if not app:
        if not sys.stdin.isatty():
            raise UsageError(
                "fab db.restore needs somebody at a terminal who says the app's name",
                hint=f"Give it as --app={name}, or --yes. --dry shows what would be done.",
            )
        kept = "What is there now is kept as another backup" if keep_current else "What is there now is lost"
        app = answer(f"This replaces the data of {name} on {host.name}. {kept}. Type the app's name to go on:")
    if app != name:
        raise UsageError(f"the app is {name}, not {app or 'nothing'}", hint="Nothing was done.")
