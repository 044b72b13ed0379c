"""Makes hosts from the tables of the file: merges every layer and fills in every default."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from .app import App
from .describe_problem import Place
from .host import LAB_PORT, Host
from .merge_layers import Layer, combine
from .schema import HostTable, Ssh
from .tls import Tls

if TYPE_CHECKING:
    from slipway.lab.state import LabHost

# Any port below 1024 needs root on most systems.
ROOTLESS_HTTP_PORT = 8080
# A `Host *` of the user's own would send connections to the lab through a bastion.
NO_CONFIG = Path("/dev/null")
NO_TLS = (
    "has no root, which tls needs (port 443, certbot): for this host set app.tls = false, and https = true if TLS ends "
    "in front of it"
)


class Entry(NamedTuple):
    """A host before its settings are decided.

    Attributes:
        table: [hosts.NAME]; empty for a lab host that has none. layers: [app], its groups, itself.
        lab: the lab's record of it. number: its place among the lab's hosts from 1; 0: no lab host.
    """

    name: str
    table: HostTable
    groups: tuple[str, ...]
    layers: tuple[Layer, ...]
    number: int = 0
    lab: LabHost | None = None


def resolve(entry: Entry, ssh: Ssh, tables: Mapping[str, HostTable], place: Place, folder: Path) -> Host:
    """Decide everything about one host but its environment, which is read when it is selected.

    Raises:
        UsageError: settings that contradict each other.
    """
    host = _lab(entry) if entry.number else _server(entry, ssh, tables, folder)
    app = _app(entry, host, folder, place)
    if not host.rootless and app.user == host.user:
        raise (place / f"hosts.{entry.name}").error(
            f"'{app.user}' cannot both deploy and run the app; set user or app.user"
        )
    private = entry.table.private_address
    http_port = _http_port(entry, app)
    return msgspec.structs.replace(host, app=app, folder=folder, http_port=http_port, private_address=private)


def _http_port(entry: Entry, app: App) -> int:
    """Where nginx answers as seen from outside; a container of the lab forwards no port but the one for websites."""
    forwarded = entry.lab and (entry.lab.rootless or app.port == LAB_PORT)
    return entry.lab.http_port if entry.lab and forwarded else entry.table.http_port or app.port


def _server(entry: Entry, ssh: Ssh, tables: Mapping[str, HostTable], folder: Path) -> Host:
    table = entry.table
    user = table.user or ssh.user
    return Host(
        name=entry.name,
        app=App(name="app"),
        address=table.address,
        port=table.port or ssh.port,
        user=user,
        admin=user if table.rootless else table.admin or ssh.admin,
        gateway=_gateway(entry.name, table.gateway or ssh.gateway, tables, ssh),
        identity=_path(table.identity or ssh.identity, folder),
        known_hosts=_path(ssh.known_hosts, folder),
        ssh_config=_path(ssh.config, folder),
        host_keys=ssh.host_keys,
        rootless=table.rootless,
        runs_app=table.runs_app,
        groups=entry.groups,
        roles=table.roles,
    )


def _lab(entry: Entry) -> Host:
    """A host of the lab: reached as the lab says, whatever the user's own SSH settings are."""
    app, lab = App(name="app"), entry.lab
    table = entry.table
    common: dict[str, Any] = {"name": entry.name, "groups": entry.groups, "roles": table.roles}
    common["runs_app"] = table.runs_app
    if lab is None:
        return Host(app=app, address=f"127.0.1.{entry.number}", ssh_config=NO_CONFIG, lab=True, **common)
    return Host(
        app=app,
        address=lab.address,
        port=lab.port,
        user=lab.user or "deploy",
        admin=lab.admin,
        identity=Path(lab.identity),
        known_hosts=Path(lab.known_hosts),
        ssh_config=NO_CONFIG,
        host_keys="refuse",
        lab=True,
        rootless=lab.rootless,
        engine=lab.engine,
        **common,
    )


def _gateway(name: str, gateway: str | None, tables: Mapping[str, HostTable], ssh: Ssh) -> str | None:
    """The jump host as user@host:port where it is a host of the inventory; none to the jump host itself."""
    if gateway is None or gateway == name:
        return None
    table = tables.get(gateway)
    if table is None:
        return gateway
    address = table.address or gateway
    port = table.port or ssh.port
    literal = f"[{address}]" if ":" in address else address
    return f"{table.user or ssh.user}@{literal}" + (f":{port}" if port else "")


def _app(entry: Entry, host: Host, folder: Path, place: Place) -> App:
    app = combine(entry.layers)
    changes: dict[str, Any] = {"source": _path(app.source, folder), "tls": app.tls.beside(folder)}
    root = entry.table.root or (entry.lab.root if entry.lab else None)
    if host.rootless:
        home = "/root" if host.user == "root" else f"/home/{host.user}"
        changes["user"] = host.user
        changes["root"] = root or entry.table.app.get("root") or f"{home}/slipway"
        changes["port"] = entry.lab.http_port if entry.lab else _port(entry.layers)
        if app.ends_tls and not entry.lab:
            raise (place / f"hosts.{entry.name}").error(NO_TLS)
        changes["tls"] = Tls()  # a lab without root serves HTTP
    elif root:
        changes["root"] = root
    return msgspec.structs.replace(app, **changes)


def _path(path: Path | None, folder: Path) -> Path | None:
    return path and folder / path.expanduser()


def _port(layers: tuple[Layer, ...]) -> int:
    """The port that the file names last, else one that needs no root."""
    return next((layer.app["port"] for layer in reversed(layers) if "port" in layer.app), ROOTLESS_HTTP_PORT)
