"""The app's processes: ps, restart."""

from __future__ import annotations

from datetime import datetime, timezone

from invoke import Context, task

from .common import about, conclude, connected, selected
from .look import AS_JSON, ask, complain, show, told

PROCESS = "Names of processes, by comma (default: all)."
WAIT = "Wait for another operation to end, instead of giving up."
VERBOSE = "Show each step and all output."


@task(help={"json": AS_JSON}, auto_shortflags=False)
def ps(c: Context, json: bool = False) -> None:
    """List the app's processes on each host: state, uptime, memory, processor, restarts.

    Examples: fab ps --hosts=prod    fab ps --json | jq '.hosts[].processes[].restarts'
    """
    from slipway import plan
    from slipway.output.ps import ps_table

    _, hosts = selected(c)
    outcome = ask(plan.ps(hosts), hosts)
    found = told(outcome, "ps")
    show({"hosts": found}, lambda **look: ps_table(found, **look), json)
    complain(outcome)


@task(help={"process": PROCESS, "wait": WAIT, "verbose": VERBOSE}, auto_shortflags=False)
def restart(c: Context, process: str = "", wait: bool = False, verbose: bool = False) -> None:
    """Restart the app's processes on all selected hosts, or on none; web without a dropped request.

    Examples: fab restart    fab restart --process=worker --hosts=prod
    """
    from slipway import plan
    from slipway.fleet.grips import deploying
    from slipway.running import Running, chosen
    from slipway.target import who

    _, hosts = selected(c)
    names = chosen(hosts, process)
    going, now = plan.standing(hosts, "restart"), datetime.now(timezone.utc)
    with connected(hosts, deploying("restart"), verbose=verbose, wait=wait) as fleet:
        outcome = fleet.run(going)
        if outcome.ok:
            ids = {name: host.facts["current"] for name, host in outcome.hosts.items()}
            going = plan.restart([Running("restart", host, ids[host.name], names, who(), now) for host in hosts])
            outcome = fleet.run(going).after(outcome)
    conclude(outcome, about(going, hosts), verbose=verbose)
