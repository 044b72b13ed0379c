"""Defines Host: one server of the inventory, with all its settings resolved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from slipway.env.dotenv import Secret
from slipway.env.sources import Source, literals

from .app import App
from .schema import HostKeys

LAB_UP = "Run `fab lab.up`: it makes the hosts that the lab lacks, and starts those that are stopped."
HTTPS_PORT = 443
if TYPE_CHECKING:
    from .services_of_hosts import Service

LAB_PORT = 80  # of a container of the lab: the only one for websites that can be reached from outside of it


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """One server, and the app as it runs there.

    Hosts are told apart, compared and hashed by name, so that they can be keys.

    Attributes:
        folder: the inventory's.
        address: name or IP address to connect to; None: `name` is an alias of ssh_config.
        port: SSH port; None: ssh_config's, else 22.
        user: login for deploys. admin: login for provision. On a rootless host both are the same.
        identity: private key, or None for what ssh_config, the agent or ~/.ssh have.
        known_hosts, ssh_config: None for the user's own under ~/.ssh.
        host_keys: what to do about a host that known_hosts does not hold: record it, or refuse.
        http_port: where nginx answers as seen from outside; app.port, except behind a forwarded port.
        groups, roles: names of the inventory that select this host.
        sources: where the app's environment on this host comes from, later ones win; empty until the host was selected.
        required: names of the environment that must have a value.
        private_address: where other hosts reach it; None: at `address`.
        peers: addresses and ports, as in "10.0.0.2 80", of the other hosts that serve domains of this one and order
            certificates of their own.
        runs_app: false where only services are. services: what the app there needs beside itself.
        lab: made by `fab lab.up`. engine: what it runs on; None while the lab is down.
    """

    name: str
    app: App
    folder: Path = Path()
    address: str | None = None
    private_address: str | None = None
    port: int | None = None
    user: str = "deploy"
    admin: str = "root"
    gateway: str | None = None
    identity: Path | None = None
    known_hosts: Path | None = None
    ssh_config: Path | None = None
    host_keys: HostKeys = "accept-new"
    rootless: bool = False
    runs_app: bool = True
    http_port: int = 80
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    required: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    lab: bool = False
    engine: str | None = None
    services: tuple[Service, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Host) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def env(self) -> dict[str, Secret]:
        """The values that files and tables give; what commands give, and what is generated, is not among them."""
        return literals(self.sources)

    @property
    def target(self) -> str:
        """What to connect to: the address, or the alias of ssh_config."""
        return self.address or self.name

    @property
    def lab_trouble(self) -> str:
        """Why nothing can be asked of a host of the lab, in words; "" where `fab lab.up` has made it."""
        if self.lab and self.engine is None:
            return f"{self.name}: the lab is not running, or does not have this host yet"
        return ""

    @property
    def site(self) -> str:
        """The name that a visitor's Host header has: the first domain, else the host's address (IPv6 in brackets)."""
        place = self.app.domain or self.target.partition("%")[0]
        return f"[{place}]" if ":" in place else place

    @property
    def not_forwarded(self) -> str:
        """Why nobody reaches the site from outside of the host, in words; "" where people do."""
        if self.lab and not self.rootless and self.app.port != LAB_PORT:
            return f"on {self.name} itself only: the lab forwards port {LAB_PORT} and not app.port"
        return ""

    @property
    def url(self) -> str:
        """Where people find the site: its first domain, else the host's address."""
        return f"{self.origin(self.site)}/"

    def origin(self, domain: str) -> str:
        """Scheme, name and port of the site under one of its names, as a browser's Origin header has them."""
        if self.app.ends_tls and self.app.tls.port != HTTPS_PORT:
            return f"https://{domain}:{self.app.tls.port}"
        if self.app.by_https:
            return f"https://{domain}"
        return f"http://{domain}" if self.http_port == 80 else f"http://{domain}:{self.http_port}"
