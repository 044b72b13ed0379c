"""What the tasks share: which hosts, how to run a plan on them, how to show what became of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from invoke import Context, Exit

if TYPE_CHECKING:
    from pathlib import Path

    from slipway.outcome import Outcome
    from slipway.inventory import Host, Inventory
    from slipway.provision import Site
    from slipway.step import Plan


def selected(c: Context) -> tuple[Inventory, list[Host]]:
    """The inventory, and the hosts that `--hosts` names in it, or its default group."""
    from slipway.inventory import load

    inventory = load()
    return inventory, inventory.select(c.config["slipway"]["hosts"])


def templates_of(inventory: Inventory) -> Path | None:
    """The user's own templates, beside inventory.toml."""
    folder = inventory.folder / "templates"
    return folder if folder.is_dir() else None


def sites(inventory: Inventory, hosts: list[Host]) -> list[Site]:
    """What provision needs to know of each host."""
    from slipway.keys import public_keys
    from slipway.provision import Site
    from slipway.target import layout_of

    return [Site(host, host.app, layout_of(host), public_keys(host), templates_of(inventory)) for host in hosts]


def carry_out(plan: Plan, hosts: list[Host], *, root: bool = False, verbose: bool = False) -> None:
    """Run a plan, show its outcome, and end with its exit code if anything failed."""
    from slipway.output.report import report

    outcome = run(plan, hosts, root=root, verbose=verbose)
    print("\n".join(report(outcome)), file=sys.stdout if outcome.ok else sys.stderr, flush=True)
    if not outcome.ok:
        raise Exit(code=outcome.code)


def run(plan: Plan, hosts: list[Host], *, root: bool = False, verbose: bool = False) -> Outcome:
    """Run a plan on the hosts with progress on the terminal."""
    from slipway.fleet.grips import deploying, provisioning
    from slipway.fleet.run import Fleet
    from slipway.output.plain import PlainProgress

    with PlainProgress(verbose) as progress:
        return Fleet(hosts, provisioning if root else deploying(plan.operation), progress).run(plan)
