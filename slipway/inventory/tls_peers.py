"""Finds the other hosts of an app's domains: each orders a certificate, and may be asked for the proof of another."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .host import Host


def with_peers(hosts: Mapping[str, Host]) -> dict[str, Host]:
    """All hosts, each with those that it asks for proofs which it does not have itself."""
    orders = [host for host in hosts.values() if host.app.ends_tls and host.app.tls.by_acme]
    return {name: msgspec.structs.replace(host, peers=_peers(host, orders)) for name, host in hosts.items()}


def _peers(host: Host, orders: list[Host]) -> tuple[str, ...]:
    if host not in orders:
        return ()
    mine = {domain.lower() for domain in host.app.domains}
    others = [other for other in orders if other != host and mine & {domain.lower() for domain in other.app.domains}]
    return tuple(dict.fromkeys(f"{other.private_address or other.target} {other.app.port}" for other in others))
