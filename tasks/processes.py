"""Tasks for the app's processes: ps, restart, stop, start."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from invoke import Context, Exit, task

from .common import DRY, about, conclude, connected, rehearse, selected_with_processes
from .status_and_history import AS_JSON, ask, complain, facts_by_host, show

if TYPE_CHECKING:
    from slipway.inventory import Host

PROCESS = "Names of processes, by comma (default: all)."
WAIT = "Wait for another operation to end, instead of giving up."
VERBOSE = "Show each step and all output."


@task(help={"json": AS_JSON}, auto_shortflags=False)
def ps(c: Context, json: bool = False) -> None:
    """List the app's processes on each host: state, uptime, memory, processor, restarts.

    Examples: fab ps --hosts=prod    fab ps --json | jq '.hosts[].processes[].restarts'
    """
    from slipway.operations import processes
    from slipway.output.ps import ps_table

    _, hosts = selected_with_processes(c)
    outcome = ask(processes.ps(hosts), hosts)
    found = facts_by_host(outcome, "ps")
    show({"hosts": found}, lambda **look: ps_table(found, **look), json)
    complain(outcome)


@task(help={"process": PROCESS, "wait": WAIT, "verbose": VERBOSE}, auto_shortflags=False)
def restart(c: Context, process: str = "", wait: bool = False, verbose: bool = False) -> None:
    """Restart the app's processes on all selected hosts, or on none; the web server without downtime.

    Examples: fab restart    fab restart --process=worker --hosts=prod
    """
    from slipway.fleet.agent_options import deploying
    from slipway.model.check_host_facts import fact
    from slipway.model.hosts_to_targets import who
    from slipway.model.restart_target import RunningRelease, chosen
    from slipway.operations import processes

    _, hosts = selected_with_processes(c)
    names = chosen(hosts, process)
    going, now = processes.look_at_current(hosts, "restart"), datetime.now(timezone.utc)
    with connected(hosts, deploying("restart"), verbose=verbose, wait=wait) as fleet:
        outcome = fleet.run(going)
        if outcome.ok:
            ids = {name: fact(host, "current") for name, host in outcome.hosts.items()}
            going = processes.restart(
                [RunningRelease("restart", host, ids[host.name], names, who(), now) for host in hosts]
            )
            outcome = fleet.run(going).after(outcome)
    conclude(outcome, about(going, hosts), verbose=verbose)


@task(
    help={
        "process": PROCESS,
        "yes": "Let the site go down without asking.",
        "wait": WAIT,
        "dry": DRY,
        "verbose": VERBOSE,
    },
    auto_shortflags=False,
)
def stop(
    c: Context, process: str = "", yes: bool = False, wait: bool = False, dry: bool = False, verbose: bool = False
) -> None:
    """Stop the app, or some of its processes, until `fab start`, also over reboots. Asks before the site goes down.

    Examples: fab stop --process=worker    fab stop --hosts=web2 --yes
    """
    from slipway.core.errors import UsageError
    from slipway.inventory.app import WEB
    from slipway.model.restart_target import chosen
    from slipway.output.ask_user import asked

    _, hosts = selected_with_processes(c)
    names = chosen(hosts, process)
    if (not names or WEB in names) and not yes and not dry:
        where = ", ".join(host.name for host in hosts)
        takes, take = ("takes the site off", "Take the site off")
        if not any(host.app.web for host in hosts):
            takes, take = ("stops everything", "Stop everything")
        if not sys.stdin.isatty():
            raise UsageError(f"this {takes} on {where}", hint="Add --yes if that is meant.")
        if not asked(f"{take} on {where}?"):
            raise Exit("Nothing was stopped.", code=1)
    _carry_out("stop", hosts, names, wait=wait, dry=dry, verbose=verbose)


@task(help={"process": PROCESS, "wait": WAIT, "dry": DRY, "verbose": VERBOSE}, auto_shortflags=False)
def start(c: Context, process: str = "", wait: bool = False, dry: bool = False, verbose: bool = False) -> None:
    """Start processes that do not run, such as those that `fab stop` stopped; web gets visitors once it is healthy.

    Examples: fab start    fab start --process=worker --hosts=prod
    """
    from slipway.model.restart_target import chosen

    _, hosts = selected_with_processes(c)
    _carry_out("start", hosts, chosen(hosts, process), wait=wait, dry=dry, verbose=verbose)


def _carry_out(
    operation: str, hosts: list[Host], names: tuple[str, ...], *, wait: bool, dry: bool, verbose: bool
) -> None:
    from slipway.fleet.agent_options import deploying
    from slipway.model.hosts_to_targets import who
    from slipway.model.restart_target import RunningRelease
    from slipway.operations import processes

    now = datetime.now(timezone.utc)
    places = [RunningRelease(operation, host, "", names, who(), now) for host in hosts]
    going = processes.stop(places) if operation == "stop" else processes.start(places)
    if dry:
        rehearse(going, hosts, verbose=verbose)
        return
    with connected(hosts, deploying(operation), verbose=verbose, wait=wait) as fleet:
        outcome = fleet.run(going)
    conclude(outcome, about(going, hosts), verbose=verbose)
