"""The plan that takes an app off hosts, each for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slipway.model.step import Phase, Plan

if TYPE_CHECKING:
    from slipway.inventory import Host
    from slipway.provision import Site


def remove_app(sites: Sequence[Site], keep_data: bool) -> Plan:
    """Remove the app from each host.

    Args:
        keep_data: make a backup of `shared/` first.
    """
    from slipway.provision.remove_app import removal_steps

    steps = {
        site.host.name: removal_steps(
            site,
            {
                "operation": "destroy",
                "outcome": "ok",
                "app": site.app.name,
                "host": site.host.name,
                "who": site.who,
                "when": site.when,
                "data": "kept" if keep_data else "deleted",
            },
            keep_data,
        )
        for site in sites
    }
    return Plan("destroy", (Phase("destroy", "Remove the app", steps),), together=False)


def forget_hosts(hosts: Sequence[Host], names: Sequence[str]) -> Plan:
    """Have hosts forget others that were taken out of service."""
    from slipway.model.deploy_target import layout_of
    from slipway.steps import fleet_members

    steps = {host.name: (fleet_members.forget(layout_of(host), names),) for host in hosts}
    return Plan("forget", (Phase("forget", "Forget hosts that are gone", steps),), together=False)
