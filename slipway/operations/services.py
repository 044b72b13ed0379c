"""Defines the plans that make an app's services, and works out from what hosts tell how each host reaches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from slipway.core.errors import SlipwayError
from slipway.env.dotenv import Secret
from slipway.inventory import Host
from slipway.inventory.services_of_hosts import Service
from slipway.model.check_host_facts import fact, json_fact
from slipway.model.hosts_to_targets import layout_of
from slipway.model.outcome import Outcome
from slipway.model.service_binding import (
    POSTGRES_SOCKETS,
    Binding,
    Bindings,
    fact_of,
    new_password,
    read_bindings,
    render_bindings,
)
from slipway.model.step import Phase, Plan
from slipway.model.stored_overrides import SERVICES
from slipway.operations.prepare_deployment import content, fleets_of
from slipway.steps import services as steps

if TYPE_CHECKING:
    from slipway.provision.services import ServiceSite


class FleetServices(Struct, frozen=True):
    """The services that are to be made for hosts which run the same app with the same settings.

    Attributes:
        hosts: all of them, whether they are selected or not. services: by name; external ones are not among them.
        machines: the hosts that run the services, by their names.
    """

    hosts: tuple[Host, ...]
    services: Mapping[str, Service]
    machines: Mapping[str, Host]

    def users(self, service: Service) -> list[Host]:
        """The hosts whose app uses a service."""
        return [host for host in self.hosts if any(one.name == service.name for one in host.services)]


def fleets_with_services(
    selected: Sequence[Host], all: Sequence[Host], bare: Mapping[str, Host]
) -> list[FleetServices]:
    """The fleets of some hosts, as far as `fab provision` makes services for them.

    Args:
        all: all hosts of the inventory that run the app. bare: those that run services only.
    """
    known = {host.name: host for host in all} | dict(bare)
    chosen = {host.name for host in selected}
    found = []
    for names in fleets_of(all):
        if not chosen & set(names):
            continue
        hosts = tuple(known[name] for name in names)
        services = {one.name: one for host in hosts for one in host.services if one.url is None}
        if services:
            machines = {one.host: known[one.host] for one in services.values()}
            found.append(FleetServices(hosts, services, machines))
    return found


def look_at_machines(fleet: FleetServices) -> Plan:
    """Ask the hosts of services under which address others reach them."""
    hosts = {name: (steps.own_address(_address(host)),) for name, host in fleet.machines.items()}
    return Plan("provision", (Phase("look", "Look at the hosts of services", hosts, early=True),), together=False)


def _address(host: Host) -> str:
    return host.private_address or ("" if host.lab else host.target)


def look_at_users(fleet: FleetServices, addresses: Mapping[str, str]) -> Plan:
    """Ask the app's hosts what they know of their services, and from where they would reach them."""
    made = {}
    for host in fleet.hosts:
        towards = {one.name: addresses[one.host] for one in fleet.services.values() if one.host != host.name}
        made[host.name] = (steps.look_at_user(layout_of(host), towards),)
    return Plan("provision", (Phase("look", "Look at the app's hosts", made),), together=False)


def addresses_of(outcome: Outcome) -> dict[str, str]:
    """From `look_at_machines`. Raises SlipwayError: a host could not be asked."""
    for host in outcome.hosts.values():
        if host.state != "ok":
            reason = host.message or (host.result.reason if host.result else "") or host.state
            raise SlipwayError(
                f"{host.host}, which runs services, cannot be asked: {reason}",
                hint=f"`fab provision` logs in there as admin: root, or one that may sudo. `ssh {host.host}` tries it.",
            )
    return {name: fact(host, "address") for name, host in outcome.hosts.items()}


class KnownOfUsers(Struct, frozen=True):
    """What the app's hosts have told.

    Attributes:
        bindings: what each host keeps, by its name. sources: from where each host reaches each service.
        silent: hosts that could not be asked.
    """

    bindings: Mapping[str, Bindings]
    sources: Mapping[str, Mapping[str, str]]
    silent: tuple[str, ...]

    def password(self, service: str) -> str:
        """The one that is kept; "" if nobody keeps one."""
        kept = [each[service].password for each in self.bindings.values() if service in each]
        return next((password for password in kept if password), "")


def known_of_users(outcome: Outcome) -> KnownOfUsers:
    """From `look_at_users`."""
    asked = {name: host for name, host in outcome.hosts.items() if host.state == "ok"}
    bindings = {name: read_bindings(content(host.hidden, SERVICES, name), name) for name, host in asked.items()}
    sources = {
        name: json_fact(host, "sources", dict[str, str]) for name, host in asked.items() if "sources" in host.facts
    }
    return KnownOfUsers(bindings, sources, tuple(name for name in outcome.hosts if name not in asked))


def service_sites(
    fleet: FleetServices,
    addresses: Mapping[str, str],
    known: KnownOfUsers,
    *,
    restart: bool = False,
    templates: Path | None = None,
) -> dict[str, list[ServiceSite]]:
    """What is to be made, by the name of the host that runs it."""
    from slipway.provision.services import ServiceSite

    found: dict[str, list[ServiceSite]] = {}
    for service in fleet.services.values():
        users = fleet.users(service)
        distant = [host.name for host in users if host.name != service.host]
        clients = {name: known.sources[name][service.name] for name in distant if name in known.sources}
        needed = bool(distant) if service.kind == "postgres" else service.kind == "redis"
        password = known.password(service.name) or new_password() if needed else ""
        site = ServiceSite(
            fleet.machines[service.host],
            users[0].app,
            service,
            addresses.get(service.host, ""),
            clients,
            Secret(password) if password else None,
            keep=tuple(name for name in distant if name in known.silent),
            unsure=known.silent if not known.password(service.name) else (),
            restart=restart,
            templates=templates,
        )
        found.setdefault(service.host, []).append(site)
    return found


def make_services(sites: Mapping[str, list[ServiceSite]]) -> Plan:
    """Make all services of a fleet, each host for itself."""
    from slipway.provision.services import service_steps

    made = {name: service_steps(each) for name, each in sites.items()}
    return Plan("provision", (Phase("services", "Make the services", made),), together=False)


def bindings_of(
    host: Host, sites: Mapping[str, list[ServiceSite]], outcome: Outcome, kept: Bindings
) -> tuple[dict[str, Binding], dict[str, str]]:
    """How a host reaches its services, and the certificates by which it knows their servers, by service.

    What is kept of services that the inventory has no more stays: their data do, too.

    Args:
        outcome: of `make_services`.
    """
    found, certificates = dict(kept), {}
    for site in (site for each in sites.values() for site in each):
        name, machine = site.service.name, outcome.hosts[site.host.name]
        if not any(one.name == name for one in host.services) or f"service.{name}" not in machine.facts:
            continue
        told = fact_of(machine.facts[f"service.{name}"], site.host.name, name)
        found[name] = _binding(host, site, told)
        if found[name].sslrootcert:
            certificates[name] = str(told["certificate"])
    return found, certificates


def _binding(host: Host, site: ServiceSite, told: Mapping[str, Any]) -> Binding:
    service, here = site.service, site.host.name == host.name
    common: dict[str, Any] = {"kind": service.kind, "on": site.host.name, "version": str(told["version"])}
    if service.kind == "memcached":
        return Binding(**common, host=f"/run/{site.instance}/memcached.sock")
    port, password = int(told["port"]), site.password.reveal() if site.password else ""
    if service.kind == "redis":
        return Binding(**common, host="127.0.0.1" if here else site.address, port=port, name="0", password=password)
    common |= {"port": port, "user": service.account, "name": service.database}
    common["max_connections"] = int(told["max_connections"])
    if here:
        return Binding(**common, host=POSTGRES_SOCKETS)
    path = str(layout_of(host).certificate(service.name))
    trust: dict[str, Any] = (
        {"sslmode": "verify-ca", "sslrootcert": path} if told["certificate"] else {"sslmode": "require"}
    )
    return Binding(**common, **trust, host=site.address, password=password)


def keep_bindings(bound: Mapping[Host, tuple[Bindings, Mapping[str, str]]]) -> Plan:
    """Keep on the app's hosts how they reach their services."""
    made = {
        host.name: (steps.keep(layout_of(host), render_bindings(bindings), dict(certificates)),)
        for host, (bindings, certificates) in bound.items()
    }
    return Plan("provision", (Phase("keep", "Keep how the app reaches its services", made),), together=False)


def notes_on(fleet: FleetServices, sites: Mapping[str, list[ServiceSite]], known: KnownOfUsers) -> list[str]:
    """What is to be told of the services of a fleet: what travels in the open, and what the inventory has no more."""
    from slipway.inventory.warning_names import named

    told = []
    for site in (site for each in sites.values() for site in each):
        if site.service.kind == "redis" and site.clients:
            what = f"what goes to redis ({site.service.name}) on {site.host.name} is not encrypted"
            told.append(named("service-not-encrypted", f"{what}: see that nobody else listens on that network"))
    gone = {name: one for each in known.bindings.values() for name, one in each.items()}
    for name, one in gone.items():
        if not any(service.name == name for host in fleet.hosts for service in host.services):
            what = f"[services.{name}] is no longer in the inventory; its data stay on {one.on}"
            where = f"the database {one.name}" if one.kind == "postgres" else "as they are"
            told.append(named("service-removed", f"{what} ({where}) until you delete them there"))
    return told
