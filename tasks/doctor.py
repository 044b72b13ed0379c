"""The task that looks for what could go wrong: doctor."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from invoke import Context, Exit, task

from .common import selected_with_processes, templates_of
from .status_and_history import AS_JSON, ask, facts_by_host, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.doctor.finding import Finding
    from slipway.inventory import Host
    from slipway.model.outcome import Outcome


@task(help={"verbose": "Show what is well, too.", "json": AS_JSON}, auto_shortflags=False)
def doctor(c: Context, verbose: bool = False, json: bool = False) -> None:
    """Check this machine and each host for all that could make a deploy fail or a site go down, with a remedy each.

    Each host is asked about its disk, memory, clock, updates, tools, package index and the app itself; from here, DNS
    and the way to nginx are tried. Nothing is changed. Exit code 1 if a check failed; warnings leave it at 0.

    Examples: fab doctor --hosts=prod    fab doctor --json | jq '.findings[] | select(.level == "failed")'
    """
    from slipway.doctor.host_checks import findings, look
    from slipway.doctor.local_checks import local_checks
    from slipway.output.doctor import findings_table

    inventory, hosts = selected_with_processes(c)
    outcome = ask(look(hosts, templates_of(inventory)), hosts)
    found = local_checks(hosts)
    for host in hosts:
        found += findings(host, outcome.hosts[host.name])
    found += app_findings(hosts, outcome)

    show({"findings": found}, lambda **look: findings_table(found, verbose=verbose, **look), json)
    if any(one.level == "failed" for one in found):
        raise Exit(code=1)


def app_findings(hosts: list[Host], outcome: Outcome) -> Iterator[Finding]:
    """What `fab status` would say of the app on each host that has it."""
    from slipway.doctor.finding import Finding
    from slipway.output.status import host_status
    from slipway.output.status_findings import backup_notes, notes, remarks

    apps, now = {host.name: host.app for host in hosts}, time.time()
    for name, state in facts_by_host(outcome, "state").items():
        if not state["current"]:
            yield Finding(name, "app", "warning", "nothing is deployed yet", f"`fab deploy --hosts={name}`")
            continue
        row = host_status(name, state, apps[name])
        status = f"`fab status --hosts={name}` and `fab logs --hosts={name}` show more."
        yield from (Finding(name, "app", "failed", told, status) for told in row.troubles)
        doubts = (*notes(state, apps[name]), *backup_notes(state, apps[name], now))
        yield from (Finding(name, "app", "warning", told) for told in doubts)
        yield from (Finding(name, "app", "ok", told) for told in remarks(state, apps[name], now))
        if row.well and row.certificate_days is not None:
            yield Finding(name, "certificate", "ok", f"good for {row.certificate_days} more days")
        if row.well:
            yield Finding(name, "app", "ok", f"{row.release}: {row.health or 'every process runs'}")
