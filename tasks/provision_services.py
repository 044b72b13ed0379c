"""Makes the services of the inventory for `fab provision`, once the app's hosts are ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .common import about, connected, rehearse, show_outcome, templates_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.inventory import Host, Inventory
    from slipway.model.service_binding import Bindings
    from slipway.operations.services import FleetServices


def have_services(hosts: list[Host]) -> bool:
    """Whether there is anything to make for these hosts."""
    return any(service.url is None for host in hosts for service in host.services)


def provision_services(inventory: Inventory, hosts: list[Host], *, restart: bool, verbose: bool) -> int:
    """Make the services of some hosts, and have the hosts know them; returns the exit code."""
    codes = [one_fleet(inventory, hosts, fleet, restart, verbose) for fleet in fleets(inventory, hosts)]
    return max(codes, default=0)


def fleets(inventory: Inventory, hosts: list[Host]) -> list[FleetServices]:
    """The fleets of the hosts that have services to be made."""
    from slipway.operations.services import fleets_with_services

    return fleets_with_services(hosts, list(inventory.hosts.values()), inventory.service_hosts)


def rehearse_services(inventory: Inventory, hosts: list[Host], *, restart: bool, verbose: bool) -> None:
    """Show what would run; addresses of hosts, and what they keep, are not known yet."""
    from slipway.operations import services as plans

    for fleet in fleets(inventory, hosts):
        known = plans.KnownOfUsers({}, {}, ())
        sites = plans.service_sites(fleet, {}, known, restart=restart, templates=templates_of(inventory))
        rehearse(plans.make_services(sites), list(fleet.machines.values()), verbose=verbose)


def one_fleet(inventory: Inventory, hosts: list[Host], fleet: FleetServices, restart: bool, verbose: bool) -> int:
    """Make the services of one fleet.

    All of its hosts are asked, since they keep the same passwords; those that are silent are left as they are.
    """
    from slipway.fleet.agent_options import looking, provisioning_services
    from slipway.operations import services as plans

    machines = list(fleet.machines.values())
    with connected(machines, provisioning_services, verbose=verbose) as making:
        addresses = plans.addresses_of(making.run(plans.look_at_machines(fleet)))
        with connected(list(fleet.hosts), looking, quiet=True) as users:
            known = plans.known_of_users(users.run(plans.look_at_users(fleet, addresses)))
        sites = plans.service_sites(fleet, addresses, known, restart=restart, templates=templates_of(inventory))
        made = plans.make_services(sites)
        outcome = making.run(made)
    first = next(iter(outcome.hosts.values()))
    first.notes += plans.notes_on(fleet, sites, known)
    show_outcome(outcome, about(made, [*machines]), verbose=verbose)
    bound = {
        host: plans.bindings_of(host, sites, outcome, known.bindings[host.name])
        for host in fleet.hosts
        if host.name in known.bindings and (host in hosts or known.bindings[host.name])
    }
    kept = keep(bound, verbose)
    return max(outcome.code, kept)


def keep(bound: Mapping[Host, tuple[Bindings, Mapping[str, str]]], verbose: bool) -> int:
    """Have the app's hosts know how they reach their services; returns the exit code."""
    from slipway.fleet.agent_options import deploying
    from slipway.operations import services as plans

    made = plans.keep_bindings(bound)
    hosts = list(bound)
    with connected(hosts, deploying("provision"), quiet=True) as fleet:
        outcome = fleet.run(made)
    if not outcome.ok or any(host.changed for host in outcome.hosts.values()):
        show_outcome(outcome, about(made, hosts), verbose=verbose)
    return outcome.code
