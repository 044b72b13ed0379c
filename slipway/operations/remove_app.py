"""The plan that takes an app off hosts, each for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slipway.model.step import Phase, Plan, Record
from slipway.render.nginx_site import host_history

if TYPE_CHECKING:
    from slipway.inventory import Host
    from slipway.provision import Site


def remove_app(sites: Sequence[Site], keep_data: bool) -> Plan:
    """Remove the app from each host.

    Args:
        keep_data: make a backup of `shared/` first.
    """
    from slipway.provision.removal_steps import removal_steps

    steps = {
        site.host.name: removal_steps(site, {**_told(site, keep_data), "outcome": "ok"}, keep_data) for site in sites
    }
    records = {
        site.host.name: Record(host_history(site.host, site.layout), _told(site, keep_data), failure=True)
        for site in sites
    }
    return Plan("destroy", (Phase("destroy", "Remove the app", steps),), together=False, records=records)


def _told(site: Site, keep_data: bool) -> dict[str, object]:
    """What the history of the host says of it."""
    return {
        "operation": "destroy",
        "app": site.app.name,
        "host": site.host.name,
        "who": site.who,
        "when": site.when,
        "data": "kept" if keep_data else "deleted",
        "message": "with a backup of its data" if keep_data else "without a backup of its data",
    }


def forget_hosts(hosts: Sequence[Host], names: Sequence[str]) -> Plan:
    """Have hosts forget others that were taken out of service."""
    from slipway.model.hosts_to_targets import layout_of
    from slipway.steps import fleet_members

    steps = {host.name: (fleet_members.forget(layout_of(host), names),) for host in hosts}
    return Plan("forget", (Phase("forget", "Forget hosts that are gone", steps),), together=False)
