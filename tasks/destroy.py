"""Takes an app off hosts: destroy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from invoke import Context, task

from .common import DRY, carry_out, rehearse, selected, sites
from .confirm_app import confirm_app
from .status_and_history import ask, complain

if TYPE_CHECKING:
    from slipway.inventory import Host, Inventory


@task(
    help={
        "app": "The app's name, instead of being asked for it.",
        "yes": "Do not ask.",
        "keep-data": "Back up shared/ on each host before it is deleted; that is so unless --delete-data is given.",
        "delete-data": "Make no backup: the app's data are gone.",
        "gone": "Remove nothing; have the hosts forget a host that is no longer there.",
        "dry": DRY,
        "verbose": "Show each step and all output.",
    },
    auto_shortflags=False,
)
def destroy(
    c: Context,
    app: str = "",
    yes: bool = False,
    keep_data: bool = False,
    delete_data: bool = False,
    gone: str = "",
    dry: bool = False,
    verbose: bool = False,
) -> None:
    """Remove the app from hosts, as their admin: processes, site, accounts, files; first it backs up the data there.

    Examples: fab destroy --hosts=web3    fab destroy --hosts=web3 --app=hello --delete-data
    """
    from slipway.core.errors import UsageError
    from slipway.operations.remove_app import forget_hosts, remove_app

    inventory, hosts = selected(c)
    if keep_data and delete_data:
        raise UsageError("--keep-data and --delete-data contradict each other", hint="Leave one of them out.")
    if gone:
        made = forget_hosts(hosts, [gone])
        if dry:
            rehearse(made, hosts, verbose=verbose)
            return
        complain(ask(made, hosts))
        print(f"{gone} is forgotten on {', '.join(host.name for host in hosts)}")
        return
    made = remove_app(sites(inventory, hosts), keep_data=not delete_data)
    if dry:
        rehearse(made, hosts, verbose=verbose)
        return
    if not yes:
        confirm(hosts, app, delete_data)
    carry_out(made, hosts, root=True, verbose=verbose)
    forgotten(inventory, hosts)


def forgotten(inventory: Inventory, hosts: list[Host]) -> None:
    """Have the other hosts forget those that the app was removed from; who cannot be reached is named."""
    from slipway.operations.remove_app import forget_hosts

    apps, names = {host.app.name for host in hosts}, [host.name for host in hosts]
    others = [host for host in inventory.hosts.values() if host.name not in names and host.app.name in apps]
    if others:
        outcome = ask(forget_hosts(others, names), others)
        for host in outcome.hosts.values():
            if host.state != "ok":
                told = f"run `fab destroy --gone={names[0]} --hosts={host.host}` when it can be reached"
                print(f"note: {host.host} still counts {', '.join(names)} among its hosts: {told}", file=sys.stderr)


def confirm(hosts: list[Host], app: str, delete_data: bool) -> None:
    """Have the user type the name of the app that will be removed. Raises UsageError: see `confirm_app`."""
    names, where = sorted({host.app.name for host in hosts}), ", ".join(host.name for host in hosts)
    data = "Its data are deleted, too" if delete_data else "A backup of its data stays on each host"
    confirm_app("destroy", names, app, f"This removes {' and '.join(names)} from {where}. {data}.")
