"""Checks the IP addresses and networks that may visit a site in maintenance, and turns them into file names."""

from __future__ import annotations

import ipaddress
from types import MappingProxyType

from slipway.core.errors import UsageError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# How long the networks are that the site's map blocks (templates/nginx.conf.j2) tell of an address.
LENGTHS = MappingProxyType({4: (8, 16, 24, 32), 6: (32, 48, 64, 128)})
MOST = 256  # networks of such lengths that a network may stand for


def network(word: str) -> Network:
    """Read an address or a network.

    Raises:
        UsageError: it is none, or one that nginx cannot be told of by files.
    """
    try:
        if "%" in word:
            raise ValueError("a zone means something on one machine only")
        found = ipaddress.ip_network(word, strict=False)
        exact = found.prefixlen == found.max_prefixlen or ipaddress.ip_interface(word).ip == found.network_address
    except ValueError:
        raise UsageError(
            f"--allow={word} is no address", hint="Write addresses and networks by comma: 203.0.113.7,10.0.0.0/8"
        ) from None
    if not exact:
        raise UsageError(f"--allow={word} is an address in a network", hint=f"The network is {found}.")
    if isinstance(found, ipaddress.IPv6Network) and found.network_address.ipv4_mapped:
        raise UsageError(f"--allow={word} is an IPv4 address", hint=f"Write {found.network_address.ipv4_mapped}.")
    if not found.prefixlen:
        raise UsageError(f"--allow={word} is everybody", hint="Then nobody sees the page.")
    length = reach(found)
    if 2 ** (length - found.prefixlen) > MOST:
        raise UsageError(
            f"--allow={word} is too large a network", hint=f"Write it as networks of /{length - 8} to /{length}."
        )
    return found


def reach(network: Network) -> int:
    """The length of the networks as which nginx is told of a network."""
    return next(length for length in LENGTHS[network.version] if length >= network.prefixlen)


def names(network: Network) -> list[str]:
    """The files that stand for a network: each is an address, or the groups that addresses begin with."""
    length = reach(network)
    parts = network.subnets(new_prefix=length)
    if length == network.max_prefixlen:
        return [str(part.network_address) for part in parts]
    if network.version == 4:
        return [".".join(str(part.network_address).split(".")[: length // 8]) for part in parts]
    groups = [part.network_address.exploded.split(":")[: length // 16] for part in parts]
    return [":".join(f"{int(group, 16):x}" for group in each) for each in groups]


def own(network: Network) -> bool:
    """Whether the host itself comes from there, when it asks its own nginx whether the page is served."""
    return network.version == 4 and ipaddress.IPv4Address("127.0.0.1") in network


def shown(network: Network) -> str:
    """A network as people write it; without the length if it is one address."""
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)
