"""Tell under which address this host offers a service, or from which address it asks for one.

Options:
    wanted: the host's name in the inventory or an address of it; "" for none.
    towards: addresses of other hosts, by name.

Facts: `address`: the wanted one if it is this host's own, else the one that packets to the outside come from;
    `sources` {name: address}: where packets to other hosts come from.
"""

from __future__ import annotations

import socket

from slipway.remote.host.program_io import Failed, fact, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OUTSIDE = ("192.0.2.1", "2001:db8::1")  # documentation (RFC 5737, 3849): nothing is sent there, only the route is asked


def main(options: dict[str, Any]) -> None:
    """Tell what is asked for."""
    if options["wanted"] is not None:
        fact("address", own(options["wanted"]))
    if options["towards"]:
        fact("sources", {name: source(address) for name, address in options["towards"].items()})


def own(wanted: str) -> str:
    """Return the wanted address if it is ours, else one that is; raise Failed if there is none."""
    for address in [*resolved(wanted), *(routed(other) for other in OUTSIDE)]:
        if address and is_ours(address):
            return address
    raise Failed("no address of this host is known: set `private_address` of the host in the inventory")


def resolved(name: str) -> list[str]:
    """Return what a name means."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)] if name else []
    except OSError:
        return []


def is_ours(address: str) -> bool:
    """Whether a server could listen there, as far as others are concerned."""
    if address.startswith("127.") or address == "::1":
        return False
    try:
        with socket.socket(family(address), socket.SOCK_DGRAM) as sock:
            sock.bind((address, 0))
    except OSError:
        return False
    return True


def source(address: str) -> str:
    """Return where packets to an address come from; raise Failed where none gets there."""
    found = next((told for each in resolved(address) if (told := routed(each))), "")
    if not found:
        raise Failed(f"{address} cannot be reached from here: set `private_address` of the host that runs the service")
    return found


def routed(address: str) -> str:
    """Return the source address of the route, or nothing; a datagram socket that connects sends nothing."""
    try:
        with socket.socket(family(address), socket.SOCK_DGRAM) as sock:
            sock.connect((address, 9))
            return str(sock.getsockname()[0])
    except OSError:
        return ""


def family(address: str) -> int:
    """Return the kind of an address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


if __name__ == "__main__":
    run(main)
