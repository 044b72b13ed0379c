"""Tasks that forbid and allow deploys: lock, unlock."""

from __future__ import annotations

from datetime import datetime, timezone

from invoke import Context, task

from slipway.core.printable import clean

from .common import DRY, rehearse, selected
from .status_and_history import ask, complain


@task(help={"message": "The reason, shown to people who want to deploy.", "dry": DRY}, auto_shortflags=False)
def lock(c: Context, message: str = "", dry: bool = False) -> None:
    """Forbid deploys, rollbacks, restarts, stops and starts until `fab unlock`.

    Example: fab lock --hosts=prod --message="the database is being moved"
    """
    from slipway.model.hosts_to_targets import who
    from slipway.operations import manual_lock

    _, hosts = selected(c)
    since = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")
    made = manual_lock.lock(hosts, who(), since, message)
    if dry:
        rehearse(made, hosts)
        return
    outcome = ask(made, hosts)
    complain(outcome)
    for name, host in outcome.hosts.items():
        if held := host.facts.get("held", ""):
            print(f"{name}: was locked already, by {clean(held)}; this lock replaces that one")
    print(f"locked on {', '.join(host.name for host in hosts)}; `fab unlock` takes the lock away")


@task(help={"dry": DRY}, auto_shortflags=False)
def unlock(c: Context, dry: bool = False) -> None:
    """Remove the lock of `fab lock`, so that deploys are allowed again.

    Example: fab unlock --hosts=prod
    """
    from slipway.operations import manual_lock

    _, hosts = selected(c)
    made = manual_lock.unlock(hosts)
    if dry:
        rehearse(made, hosts)
        return
    outcome = ask(made, hosts)
    complain(outcome)
    for name, host in outcome.hosts.items():
        held = host.facts.get("held", "")
        print(f"{name}: unlocked; it was locked by {clean(held)}" if held else f"{name}: was not locked")
