"""The task that restores a backup, in maintenance: db.restore."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from invoke import Context, task

from slipway.core.printable import clean

from .common import DRY, about, conclude, connected, rehearse, selected, templates_of
from .confirm_app import confirm_app
from .db_transfer import bring
from .status_and_history import ask, complain, facts_by_host

if TYPE_CHECKING:
    from slipway.inventory import Host, Inventory

PLACEHOLDER = "00000000-000000"  # for --dry of a file, which gets its id on the host
VERBOSE = "Show each step and all output."


@task(
    help={
        "backup": "The id of a backup of this host, as `fab db.backups` lists it.",
        "file": "Restore a file of this machine, as `fab db.backup --to=here` writes it.",
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
    file: str = "",
    app: str = "",
    yes: bool = False,
    keep_current: bool = True,
    unproved: bool = False,
    dry: bool = False,
    verbose: bool = False,
) -> None:
    """Restore a backup on one host, in maintenance; what was there is kept as another backup.

    Restoring that one undoes it.

    Examples: fab db.restore 20261120-030000 --hosts=web1    fab db.restore --file=shop.tar --hosts=web2
    """
    from slipway.core.errors import UsageError
    from slipway.operations.backups import checked_id, restore_plan

    inventory, hosts = selected(c)
    if len(hosts) > 1 and not dry:
        names = ", ".join(host.name for host in hosts)
        raise UsageError(f"a backup belongs to one host, not to {names}", hint=f"Name it: --hosts={hosts[0].name}")
    host = hosts[0]
    if file and backup:
        raise UsageError("a backup of the host or a file of this machine", hint="Leave one of them out.")
    id = PLACEHOLDER if file else checked_id(backup)
    made = restore_plan(host, id, keep_current=keep_current, unproved=unproved)
    if dry:
        rehearse(made, [host], verbose=verbose)
        return
    if not yes:
        kept = "What is there now is kept as another backup" if keep_current else "What is there now is lost"
        what = f"This replaces the data of {host.app.name} on {host.name}. {kept}."
        confirm_app("db.restore", [host.app.name], app, what)
    if file:
        made = restore_plan(host, brought(host, file), keep_current=keep_current, unproved=unproved)
    in_maintenance(inventory, host, made, verbose=verbose)


def brought(host: Host, path: str) -> str:
    """Store a backup of this machine on a host; returns its id there.

    Raises:
        UsageError: the file cannot be read.
    """
    import os

    from slipway.core.errors import UsageError

    try:
        file = open(path, "rb")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror}", hint="Name a file that `fab db.backup --to=here` wrote."
        ) from None
    with file:
        return bring(host, file, f"from the file {os.path.basename(path)}")


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
    from slipway.operations import plans

    outcome = ask(plans.status([host]), [host])
    complain(outcome)
    return bool(facts_by_host(outcome, "state")[host.name]["maintenance"])
