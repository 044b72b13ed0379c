"""Chooses the address of a lab host: a loopback address of its own and two ports on it.

Several labs may run on one machine, so nothing is fixed: each lab takes the first block 127.0.N.x
that no other lab holds and whose ports are free. The order of choice is: ordinary ports (22 and 80)
on addresses of their own; high ports on them (someone listens on 22 everywhere, or low ports are not
ours to open); high ports of 127.0.0.1 (macOS has no other loopback address).
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from slipway.core.errors import SlipwayError

LAST_BLOCK = 250
SSH_PORTS = (22, 2222, 2022, 12022)
HTTP_PORTS = (80, 8080, 8000, 18080)
SHARED_ADDRESS = "127.0.0.1"
SHARED_SSH, SHARED_HTTP, SHARED_END = 2201, 8101, 400

FREE, TAKEN, FORBIDDEN, ABSENT = "free", "taken", "forbidden", "absent"

Look = Callable[[str, int], str]


@dataclass(frozen=True, order=True)
class HostAddress:
    """One host's place: its address, its SSH port and its web port."""

    address: str
    ssh: int
    http: int


def look(address: str, port: int) -> str:
    """Whether a server could listen there: FREE, TAKEN, FORBIDDEN (not by us) or ABSENT (no such address)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((address, port))
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM):
                return FORBIDDEN
            return ABSENT if error.errno == errno.EADDRNOTAVAIL else TAKEN
    return FREE


def privileged_look(address: str, port: int) -> str:
    """The same for a daemon that runs as root: what only we may not open is free for it, unless in use."""
    verdict = look(address, port)
    if verdict != FORBIDDEN:
        return verdict
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(1)
        return TAKEN if sock.connect_ex((address, port)) == 0 else FREE


def choose(
    names: Collection[int], held: Collection[HostAddress], look: Look, *, first_block: int = 1, block: int | None = None
) -> dict[int, HostAddress]:
    """Choose addresses and ports for hosts by their numbers, all in one block.

    Args:
        names: the numbers of the hosts that need an address (lab3 is 3).
        held: addresses that other hosts hold, of this lab or another one, running or not.
        look: tells whether a port of an address is free.
        first_block: the first N of 127.0.N.x to try.
        block: the lab's block, if it has one already: tried before all others.

    Raises:
        SlipwayError: nothing is free.
    """
    taken = {endpoint.address for endpoint in held}
    rest = range(first_block, LAST_BLOCK)
    tries = [(number, False) for number in ([] if block is None else [block])]
    tries += [(number, True) for number in rest] + [(number, False) for number in rest]
    for number, ordinary in tries:
        addresses = {name: f"127.0.{number}.{name}" for name in names}
        if taken & set(addresses.values()):
            continue
        if any(look(address, HTTP_PORTS[-1]) == ABSENT for address in addresses.values()):
            return dict(zip(names, _shared(len(names), held, look), strict=True))
        endpoints = {name: _own(address, look, ordinary) for name, address in addresses.items()}
        if None not in endpoints.values():
            return {name: endpoint for name, endpoint in endpoints.items() if endpoint is not None}
    raise SlipwayError("no free loopback address for the lab", hint="see `fab lab.status` and end other labs.")


def block_of(endpoint: HostAddress) -> int | None:
    """The N of an address 127.0.N.x; None for the shared address."""
    return None if endpoint.address == SHARED_ADDRESS else int(endpoint.address.split(".")[2])


def place_of(endpoint: HostAddress) -> int | None:
    """The last part of an own address; None for the shared address."""
    return None if endpoint.address == SHARED_ADDRESS else int(endpoint.address.split(".")[3])


def _own(address: str, look: Look, ordinary: bool) -> HostAddress | None:
    last = 1 if ordinary else None
    ssh = next((port for port in SSH_PORTS[:last] if look(address, port) == FREE), None)
    http = next((port for port in HTTP_PORTS[:last] if look(address, port) == FREE), None)
    return HostAddress(address, ssh, http) if ssh and http else None


def _shared(count: int, held: Collection[HostAddress], look: Look) -> list[HostAddress]:
    def free(first: int, used: set[int]) -> Iterator[int]:
        ports = range(first, first + SHARED_END)
        return (port for port in ports if port not in used and look(SHARED_ADDRESS, port) == FREE)

    ssh = free(SHARED_SSH, {endpoint.ssh for endpoint in held})
    http = free(SHARED_HTTP, {endpoint.http for endpoint in held})
    pairs = [HostAddress(SHARED_ADDRESS, a, b) for _, a, b in zip(range(count), ssh, http, strict=False)]
    if len(pairs) < count:
        raise SlipwayError("no free ports on 127.0.0.1 for the lab", hint="see `fab lab.status` and end other labs.")
    return pairs
