"""The app's processes: ps."""

from __future__ import annotations

from invoke import Context, task

from .common import selected
from .look import AS_JSON, ask, complain, show, told


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
