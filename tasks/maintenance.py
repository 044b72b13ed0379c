"""Tasks that close the site for visitors and open it again: maintenance.on, maintenance.off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke import Context, task

from .common import DRY, about, conclude, connected, rehearse, selected, templates_of

if TYPE_CHECKING:
    from slipway.inventory import Host
    from slipway.model.step import Plan

WAIT = "If somebody is switching maintenance on or off right now, wait instead of giving up."
VERBOSE = "Show each step and all output."


@task(
    help={
        "message": "What the page says to visitors; plain text.",
        "retry-after": "When to try again: 90s, 10m, 2h (default: 10m).",
        "allow": "Addresses and networks that pass, by comma: 203.0.113.7,10.0.0.0/8",
        "wait": WAIT,
        "dry": DRY,
        "verbose": VERBOSE,
    },
    auto_shortflags=False,
)
def on(
    c: Context,
    message: str = "",
    retry_after: str = "",
    allow: str = "",
    wait: bool = False,
    dry: bool = False,
    verbose: bool = False,
) -> None:
    """Show visitors a maintenance page, on all selected hosts or none; deploys leave it on.

    Health checks still reach the app. Type it again to change the message, the time and the addresses.

    Examples: fab maintenance.on --message="New shelves, back at noon." --retry-after=2h
              fab maintenance.on --allow=203.0.113.7,10.0.0.0/8
    """
    from slipway.operations.maintenance import close_plan, requested_page, with_visitors

    order = requested_page(message, retry_after, allow)
    inventory, hosts = selected(c)
    hosts = with_visitors(hosts)
    made = close_plan(hosts, order, templates_of(inventory))
    perform(made, hosts, wait=wait, dry=dry, verbose=verbose)


@task(
    help={"wait": WAIT, "dry": DRY, "verbose": VERBOSE},
    auto_shortflags=False,
)
def off(c: Context, wait: bool = False, dry: bool = False, verbose: bool = False) -> None:
    """Switch the maintenance page off, on all selected hosts or none.

    Example: fab maintenance.off --hosts=prod
    """
    from datetime import datetime, timezone

    from slipway.model.hosts_to_targets import who
    from slipway.operations.maintenance import open_plan, with_visitors

    _, hosts = selected(c)
    hosts = with_visitors(hosts)
    perform(
        open_plan(hosts, who(), datetime.now(timezone.utc)),
        hosts,
        wait=wait,
        dry=dry,
        verbose=verbose,
    )


def perform(made: Plan, hosts: list[Host], *, wait: bool, dry: bool, verbose: bool) -> None:
    """Run a plan under maintenance's own lock, or only show it."""
    from slipway.fleet.agent_options import maintaining

    if dry:
        rehearse(made, hosts, verbose=verbose)
        return
    with connected(hosts, maintaining(made.operation), verbose=verbose, wait=wait) as fleet:
        outcome = fleet.run(made)
    conclude(outcome, about(made, hosts), verbose=verbose)
