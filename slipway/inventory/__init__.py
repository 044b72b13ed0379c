"""The inventory: what is deployed, and to which hosts.

`load()` reads inventory.toml and checks all of it; `Inventory.select("prod,~web3")` gives hosts with every
setting decided. Nothing here contacts a host. docs/inventory.md describes every key.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from slipway.core.errors import UsageError
from slipway.env.dotenv import Secret, load_file
from slipway.env.sources import Source, Table

from .app import App, Process
from .describe_problem import Place, suggest
from .env_from_site import resolved
from .host import Host
from .read_file import EVERYTHING, Tables, find, parse
from .resolve_hosts import Entry, resolve
from .select_hosts import choose
from .tls_peers import with_peers

__all__ = ["App", "Host", "Inventory", "Process", "load"]


class Inventory(NamedTuple):
    """A whole, checked inventory file.

    Attributes:
        path: the file. folder: what its relative paths are relative to.
        default: the name that an empty selection means.
        names: `all`, groups, roles and hosts, each with the hosts it means in the order of the file.
        lab: hosts that `fab lab.up` makes.
        hosts: those that run the app. service_hosts: those that run nothing but services.
    """

    path: Path
    folder: Path
    default: str | None
    names: dict[str, tuple[str, ...]]
    lab: tuple[str, ...]
    hosts: dict[str, Host]
    entries: dict[str, Entry]
    place: Place
    service_hosts: dict[str, Host]

    def select(self, text: str = "") -> list[Host]:
        """The hosts that `text` means, with their environment.

        Args:
            text: groups, hosts, roles or `all`, by comma; `~name` or `!name` excludes; empty: the default.

        Raises:
            UsageError: an unknown name, no host left, or a file that these hosts need is not there.
        """
        hosts = [self.hosts[name] for name in self._chosen(text)]
        for place, path in (needed for host in hosts for needed in self._needs(host)):
            if not os.access(path, os.R_OK):
                raise place.error(f"{self._shown(path)}: cannot be read")
        files: dict[Path, Table] = {}
        return [self._with_environment(host, files) for host in hosts]

    def _chosen(self, text: str) -> list[str]:
        bare = next((word for word in re.split(r"[,\s]+", text) if word in self.service_hosts), "")
        if bare:
            raise UsageError(
                f"{bare} runs services only (runs_app = false): it has no app",
                hint="Name hosts of the app; `fab provision` of these brings the hosts of their services along.",
            )
        return choose(text, self.names, self.default)

    def with_login(self, identity: Path | None, ssh_config: Path | None) -> Inventory:
        """The same with another private key, or another ssh_config, for all hosts; None changes nothing."""
        changes = {"identity": identity, "ssh_config": ssh_config}
        changes = {name: path for name, path in changes.items() if path}

        def changed(hosts: dict[str, Host]) -> dict[str, Host]:
            return {name: msgspec.structs.replace(host, **changes) for name, host in hosts.items()}

        return self._replace(hosts=changed(self.hosts), service_hosts=changed(self.service_hosts))

    def _needs(self, host: Host) -> Iterator[tuple[Place, Path]]:
        """Files of this machine without which nothing can be done on a host, and where they are named."""
        if host.identity and not host.lab:
            yield self.place / f"hosts.{host.name}.identity", host.identity
        if host.ssh_config:
            yield self.place / "ssh.config", host.ssh_config
        for layer in self.entries[host.name].layers:
            for index, path in enumerate(layer.env_files):
                yield (layer.place / "env_files").item(index), path

    def _with_environment(self, host: Host, files: dict[Path, Table]) -> Host:
        """Layers in order; in each the files come first, then the commands, so that a table can overrule them."""
        found: list[Source] = []
        layers = self.entries[host.name].layers
        for layer in layers:
            for path in layer.env_files:
                if path not in files:
                    files[path] = Table(self._shown(path), load_file(path, self._shown(path)))
                found.append(files[path])
            found += layer.commands
            if layer.env:
                found.append(Table(f"[{(layer.place / 'env').key}]", resolved(layer.env, host)))
        found += self._bound(host, found)
        required = tuple(dict.fromkeys(name for layer in layers for name in layer.required))
        return msgspec.structs.replace(host, sources=tuple(found), required=required)

    def _bound(self, host: Host, found: Sequence[Source]) -> list[Table]:
        """What the host's services give; a variable that a file gives as well is refused, unless it is empty there."""
        tables = [service.table() for service in host.services]
        for table in tables:
            for source in found:
                given = source.values if isinstance(source, Table) else {}
                twice = [name for name in table.values if given.get(name, Secret("")) != Secret("")]
                if twice and isinstance(source, Table):
                    raise UsageError(
                        f"{table.origin} gives {twice[0]}, which {source.origin} sets, too",
                        hint="Take one of them out, or choose another name by `bind` of the service.",
                    )
        return tables

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self.folder) if path.is_relative_to(self.folder) else path)


def load(path: Path | None = None) -> Inventory:
    """Read and check an inventory.

    Args:
        path: the file or its folder; None: SLIPWAY_INVENTORY, else inventory.toml here or in a folder above.

    Raises:
        UsageError: whatever is wrong with it, as `inventory.toml: groups.prod.hosts[1]: ...`.
    """
    file = find(path)
    label = os.path.relpath(file) if file.is_relative_to(Path.cwd()) else str(file)
    tables = Tables(parse(file, label), label, file.parent)
    entries = {entry.name: entry for entry in tables.entries()}
    ssh = tables.document.ssh
    hosts = {n: resolve(e, ssh, tables.hosts, tables.place, tables.folder) for n, e in entries.items()}
    layers = {name: entry.layers for name, entry in entries.items()}
    if any(layer.services for each in layers.values() for layer in each):
        from .services_of_hosts import with_services

        hosts = with_services(hosts, layers, _names(tables, hosts), tables.place, tables.folder)
    bare = {name: host for name, host in hosts.items() if not host.runs_app}
    _check_twins(tables.place, hosts)
    hosts = {name: host for name, host in hosts.items() if host.runs_app}
    if any(host.app.ends_tls for host in hosts.values()):
        hosts = with_peers(hosts)
    names = _names(tables, hosts)
    default = tables.document.default
    if default is not None and default not in names:
        wrong = f"unknown group, role or host '{default}'{suggest(default, names)}"
        raise (tables.place / "default").error(wrong)
    _check_schedulers(tables.place, hosts, names)
    return Inventory(
        path=file,
        folder=file.parent,
        default=default,
        names=names,
        lab=tables.lab_hosts,
        hosts=hosts,
        entries=entries,
        place=tables.place,
        service_hosts=bare,
    )


def _names(tables: Tables, hosts: dict[str, Host]) -> dict[str, tuple[str, ...]]:
    names = {EVERYTHING: tuple(hosts)}
    names |= {group: tuple(name for name in hosts if group in hosts[name].groups) for group in tables.groups}
    roles = dict.fromkeys(role for host in hosts.values() for role in host.roles)
    names |= {role: tuple(name for name in hosts if role in hosts[name].roles) for role in roles}
    return names | {name: (name,) for name in hosts}


def _check_schedulers(place: Place, hosts: dict[str, Host], names: dict[str, tuple[str, ...]]) -> None:
    """Refuse a scheduler that is nobody."""
    for host in hosts.values():
        if host.app.scheduler and host.app.scheduler not in names:
            wrong = f"unknown group, role or host '{host.app.scheduler}'{suggest(host.app.scheduler, names)}"
            raise (place / "app.scheduler").error(wrong)


def _check_twins(place: Place, hosts: dict[str, Host]) -> None:
    """Refuse the same machine under two names: it would be deployed to twice at the same time."""
    seen: dict[tuple[str, int, str], str] = {}
    for host in hosts.values():
        key = (host.target, host.port or 22, host.user)
        if key in seen:
            twin = f"is the same host as '{seen[key]}' (address, port and user)"
            raise (place / f"hosts.{host.name}").error(twin)
        seen[key] = host.name
