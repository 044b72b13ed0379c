"""Go back: rollback."""

from __future__ import annotations

from invoke import Context, task

from .common import about, conclude, connected, selected


@task(
    help={
        "to": "Release to return to, or the beginning of its id or commit (default: the newest earlier good one).",
        "verbose": "Show each step and all output.",
    },
    auto_shortflags=False,
)
def rollback(c: Context, to: str = "", verbose: bool = False) -> None:
    """Return all selected hosts to an earlier release, or none; nothing is rebuilt, nothing is deleted.

    Example: fab rollback --hosts=prod
    """
    from slipway import plan
    from slipway.fleet.grips import deploying
    from slipway.rollback import Shelf, choose, returns

    _, hosts = selected(c)
    going = plan.shelves(hosts)
    with connected(hosts, deploying("rollback"), verbose=verbose) as fleet:
        outcome = fleet.run(going)
        if outcome.ok:
            shelves = {name: Shelf.of(host.facts) for name, host in outcome.hosts.items()}
            going = plan.rollback(returns(hosts, shelves, choose(shelves, to)))
            outcome = fleet.run(going).after(outcome)
    conclude(outcome, about(going, hosts), verbose=verbose)
