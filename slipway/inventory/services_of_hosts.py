"""Decides what each host's app needs beside itself: its services, where they run, and the variables they give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from slipway.env.dotenv import Secret
from slipway.env.sources import Bound, Command, Table

from .describe_problem import Place, convert, suggest
from .host import Host
from .hosts_of_same_fleet import fleets
from .merge_layers import Layer, merge
from .service_tables import ONLY, OWN, VARIABLES, ServiceCommand, ServiceTable, ServiceVariable, check_bind

MAIN = "db"  # the service whose database is called as the app is


class Service(Struct, frozen=True):
    """One service of the app, as one of the app's hosts sees it.

    Attributes:
        name: of its table. kind: postgres, redis or memcached.
        bind: the part that each variable gets. url: of an external service: itself, what prints it, or the name of
            the variable that has it; None: `fab provision` makes the service.
        host: name of the host that runs it; "" for an external one.
        local: whether it runs on one of the app's own hosts.
        database, account: names on the server.
        version, extensions, max_connections, memory, wait: as in the inventory.
    """

    name: str
    kind: str
    bind: Mapping[str, str]
    url: Secret | Command | str | None = None
    host: str = ""
    local: bool = True
    database: str = ""
    account: str = ""
    version: str = ""
    extensions: tuple[str, ...] = ()
    max_connections: int = 100
    memory: str = ""
    wait: int = 30

    def table(self) -> Table:
        """What it adds to the app's environment."""
        bound = {name: Bound(self.name, self.kind, part, self.url) for name, part in self.bind.items()}
        whole = Bound(self.name, self.kind, "url", self.url)
        values = {name: one for name, one in bound.items() if name != self.url}
        return Table(f"[services.{self.name}]", values, (whole,))


def with_services(
    hosts: Mapping[str, Host],
    layers: Mapping[str, Sequence[Layer]],
    names: Mapping[str, Sequence[str]],
    place: Place,
    folder: Path,
) -> dict[str, Host]:
    """All hosts with their services.

    Args:
        hosts: the machines of the inventory by name. layers: of each host. names: groups, roles and hosts, whom they
            mean.

    Raises:
        UsageError: a service without a place to run, or whose settings contradict each other.
    """
    running = {name: host for name, host in hosts.items() if host.runs_app}
    made = dict(hosts)
    used: dict[tuple[str, str, str], tuple[Sequence[str], Place]] = {}
    for fleet in fleets({name: host.groups or ("",) for name, host in running.items()}):
        for name in fleet:
            found = tuple(_services(hosts[name], layers[name], place, folder))
            placed = tuple(_placed(one, fleet, hosts, names, _place(one.name, layers[name], place)) for one in found)
            _check_variables(placed, layers[name], place)
            made[name] = replace(hosts[name], services=placed)
            for one in placed:
                _check_shared(one, fleet, used, _place(one.name, layers[name], place))
    return made


def _services(host: Host, layers: Sequence[Layer], place: Place, folder: Path) -> Iterator[Service]:
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = merge(merged, layer.services)
    for name, raw in merged.items():
        at = _place(name, layers, place)
        table = convert(raw, ServiceTable, at)
        check_bind(at / "bind", table.bind, table.kind)
        for key, kinds in ONLY.items():
            if key in raw and table.kind not in kinds:
                raise (at / key).error(f"{table.kind} has no such setting; {' and '.join(kinds)} have")
        external = [key for key in OWN if key in raw] if table.url is not None else []
        if external:
            raise (at / external[0]).error("says nothing of a service that has a url: take one of them out")
        yield Service(
            name,
            table.kind,
            _bind(table),
            _url(at / "url", table.url, folder),
            host=table.host or "",
            database=table.database or _database(table.kind, name, host.app.name),
            account=host.app.user,
            version=table.version or "",
            extensions=table.extensions,
            max_connections=table.max_connections or 100,
            memory=table.memory or "",
            wait=table.wait,
        )


def _database(kind: str, name: str, app: str) -> str:
    return app if kind == "postgres" and name == MAIN else f"{app}-{name}"


def _place(name: str, layers: Sequence[Layer], place: Place) -> Place:
    """Where a service stands first."""
    return next((layer.place for layer in layers if name in layer.services), place) / "services" / name


def _bind(table: ServiceTable) -> Mapping[str, str]:
    bind = table.bind or VARIABLES[table.kind]
    return MappingProxyType({bind: "url"} if isinstance(bind, str) else dict(bind))


def _url(place: Place, url: Any, folder: Path) -> Secret | Command | str | None:
    if url is None:
        return None
    if isinstance(url, str):
        try:
            urlsplit(url).port  # noqa: B018 - it is what raises
        except ValueError:
            raise place.error("is no URL such as postgresql://user:password@host:5432/name") from None
        return Secret(url)
    if "env" in url:
        return convert(url, ServiceVariable, place).env
    given = convert(url, ServiceCommand, place)
    return Command(str(place), given.command, folder, given.timeout)


def _placed(
    service: Service, fleet: Sequence[str], hosts: Mapping[str, Host], names: Mapping[str, Sequence[str]], place: Place
) -> Service:
    """A service with the host that runs it."""
    if service.url is not None:
        return service
    if not service.host and len(fleet) > 1:
        more = "" if service.kind != "memcached" else "; memcached serves one host only: take redis, or a url"
        raise (place / "host").error(f"is missing: the app runs on {', '.join(fleet)}; name one host for it{more}")
    word = service.host or fleet[0]
    if word not in names:
        raise (place / "host").error(f"unknown group, role or host '{word}'{suggest(word, names)}")
    if len(names[word]) != 1:
        raise (place / "host").error(f"'{word}' means {len(names[word])} hosts, and a service runs on one")
    (name,) = names[word]
    if hosts[name].rootless:
        raise place.error(f"{name} is rootless, and services need root there: give the url of an external one")
    local = name in fleet
    if service.kind == "memcached" and (len(fleet) > 1 or not local):
        raise place.error("memcached asks for no password, so it serves its own host only: take redis, or a url")
    # PostgreSQL knows the app's account by its name where both are on one host.
    account = service.account if local else service.database
    return replace(service, host=name, local=local, account=account)


def _check_variables(services: Sequence[Service], layers: Sequence[Layer], place: Place) -> None:
    """Refuse two sources of one variable."""
    seen: dict[str, str] = {}
    for service in services:
        for name in service.bind:
            if name in seen:
                told = f"gives {name}, which [services.{seen[name]}] gives, too: choose another name"
                raise (_place(service.name, layers, place) / "bind").error(told)
            seen[name] = service.name
            table = next((layer.place for layer in layers if name in layer.env), None)
            if table and name != service.url:
                told = f"gives {name}, which {(table / 'env').key} sets, too: take one of them out"
                raise (_place(service.name, layers, place) / "bind").error(told)


def _check_shared(
    service: Service,
    fleet: Sequence[str],
    used: dict[tuple[str, str, str], tuple[Sequence[str], Place]],
    place: Place,
) -> None:
    """Refuse a database that the hosts of two groups would have in common without knowing it."""
    if service.url is not None or service.kind == "memcached":
        return
    names = [("database" if service.kind == "postgres" else "instance", service.database)]
    if service.kind == "postgres":
        names.append(("account", service.account))
    for what, name in names:
        other, _ = used.setdefault((service.host, f"{service.kind} {what}", name), (fleet, place))
        if other is not fleet:
            told = f"is {name!r} on {service.host} for {', '.join(other)}, too: set another one for one of the groups"
            raise (place / "database").error(told)
