"""Tasks that only look: status, releases, history."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from invoke import Context, Exit, task

from slipway.core.printable import clean

from .assign_schedule_host import correct_stale_hosts
from .common import connected, selected, selected_with_processes, templates_of
from .follow_up import tell_of_status

if TYPE_CHECKING:
    from slipway.inventory import Host
    from slipway.model.outcome import Outcome
    from slipway.model.step import Plan

AS_JSON = "Print one JSON object instead of a table."


@task(
    help={"json": AS_JSON, "notify": "Send a message to the places of app.notify if anything is wrong."},
    auto_shortflags=False,
)
def status(c: Context, json: bool = False, notify: bool = False) -> None:
    """Show the state of the app on each host: release, processes, health, disk space.

    Each host asks its nginx as a visitor does. Exit code 1 if a host cannot be reached, if a visitor cannot use the
    site, or if a process does not run that should, even if a person stopped it. Maintenance, a lock, an interrupted
    operation, and a site of nginx that differs from the inventory are shown, and leave the exit code at 0.

    Examples: fab status --hosts=prod    fab status --json | jq '.hosts[].health'
    """
    from slipway.model.forgotten_hosts import about, forgotten
    from slipway.model.service_state import ServiceState
    from slipway.operations import plans
    from slipway.output.status import HostStatus, host_status, status_table

    inventory, hosts = selected_with_processes(c)
    outcome = ask(plans.status(hosts, templates_of(inventory)), hosts)
    states = facts_by_host(outcome, "state")
    apps = {host.name: host.app for host in hosts}
    services = facts_by_host(outcome, "services", list[ServiceState])
    rows = [
        host_status(name, states[name], apps[name], services.get(name, ()))
        if name in states
        else HostStatus(name, troubles=[host.why])
        for name, host in outcome.hosts.items()
    ]
    for name in forgotten((told.get("fleet", "") for told in states.values()), inventory.hosts.values()):
        print(f"note: {about(name)}", file=sys.stderr)
    show({"hosts": rows}, lambda **look: status_table(rows, **look), json)
    sys.stdout.flush()
    tell_hints(outcome)
    troubles = correct_stale_hosts(
        inventory, hosts, {name: told["schedules"] for name, told in states.items() if told["schedules"]}
    )
    for trouble in troubles:
        print(f"schedules: {clean(trouble)}", file=sys.stderr)
    if not outcome.ok or not all(row.well for row in rows) or troubles:
        if notify:
            tell_of_status(hosts, {row.host: [*row.troubles] for row in rows if not row.well}, troubles)
        raise Exit(code=1)


@task(help={"json": AS_JSON}, auto_shortflags=False)
def releases(c: Context, json: bool = False) -> None:
    """List the releases on the hosts, newest first: `fab rollback --to=` can go back to each of them.

    Example: fab releases --hosts=prod
    """
    from slipway.operations import plans
    from slipway.output.releases_and_history import releases_table

    _, hosts = selected(c)
    outcome = ask(plans.records(hosts), hosts)
    found = facts_by_host(outcome, "releases")
    show({"hosts": found}, lambda **look: releases_table(found, **look), json)
    complain(outcome)


@task(help={"json": AS_JSON, "last": "How many operations to show."}, auto_shortflags=False)
def history(c: Context, last: int = 20, json: bool = False) -> None:
    """List who did what and when on the hosts, newest first, and where they differ.

    Examples: fab history --hosts=prod --last=50    fab history --json | jq '.hosts.web1[-1].outcome'
    """
    from slipway.operations import plans
    from slipway.output.releases_and_history import history_table, whole

    _, hosts = selected(c)
    outcome = ask(plans.records(hosts, last), hosts)
    found = {host: [whole(record) for record in each] for host, each in facts_by_host(outcome, "history").items()}
    show({"hosts": found}, lambda **look: history_table(found, **look), json)
    complain(outcome)


def ask(plan: Plan, hosts: list[Host]) -> Outcome:
    """Ask all hosts something that changes nothing, quietly."""
    from slipway.fleet.agent_options import looking

    with connected(hosts, looking, quiet=True) as fleet:
        return fleet.run(plan)


def facts_by_host(outcome: Outcome, fact: str, kind: Any = None) -> dict[str, Any]:
    """A fact of each host that reported it, read from its JSON and checked; a host whose fact is none has failed."""
    from slipway.core.errors import SlipwayError
    from slipway.model.check_host_facts import json_fact

    found = {}
    for name, host in outcome.hosts.items():
        if fact in host.facts:
            try:
                found[name] = json_fact(host, fact, kind)
            except SlipwayError as error:
                host.state, host.message, host.hint = "failed", error.message, error.hint
    return found


def show(data: Mapping[str, object], draw: Callable[..., list[str]], as_json: bool) -> None:
    """Print data as JSON, or as a table for people; no table where no host answered, since it would say "none"."""
    from slipway.output.json_output import print_json
    from slipway.output.terminal import terminal

    if as_json:
        print_json(data)
        return
    if data.get("hosts") == {}:
        return
    to = terminal(sys.stdout)
    to.print(draw(style=to.style, width=to.columns))


def complain(outcome: Outcome) -> None:
    """Say which hosts could not be asked; exit code 1 if there are any."""
    for name, host in outcome.hosts.items():
        if host.state != "ok":
            print(f"error: {name}: {clean(host.why)}", file=sys.stderr)
    tell_hints(outcome)
    if not outcome.ok:
        raise Exit(code=1)


def tell_hints(outcome: Outcome) -> None:
    """Say what to do about the hosts that could not be asked; once where it is the same for several."""
    for hint in dict.fromkeys(host.hint for host in outcome.hosts.values() if host.state != "ok" and host.hint):
        print(f"  → {clean(hint)}", file=sys.stderr)
