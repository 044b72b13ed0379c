"""Reserve a free TCP port for a web process, so that no other app of this machine is given the same one."""

from __future__ import annotations

import errno
import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

EPHEMERAL = "/proc/sys/net/ipv4/ip_local_port_range"  # what the kernel itself gives away, to outgoing connections
FIRST, LAST = 20000, 64999
TRIES = 500


def reserve_port() -> tuple[int, socket.socket]:
    """Return a port that nobody uses, and what keeps it reserved until it is closed, or this process ends.

    The reservation is an abstract unix socket with the port's number in its name: of two that want the same port the
    kernel lets one have that name. The port itself stays unbound, for the server.

    Raises:
        OSError: no port is free.
    """
    ports = candidates(EPHEMERAL)
    for _ in range(TRIES):
        port = ports[int.from_bytes(os.urandom(4), "big") % len(ports)]
        reservation = socket.socket(socket.AF_UNIX)
        try:
            reservation.bind(f"\0slipway-port-{port}")
            if is_free(port):
                return port, reservation
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        reservation.close()
    raise OSError(errno.EADDRINUSE, f"no port between {ports[0]} and {ports[-1]} is free")


def candidates(path: str) -> Sequence[int]:
    """Return the ports to choose from: outside of the kernel's own, unless those are nearly all."""
    with open(path, encoding="ascii") as file:
        low, high = (int(word) for word in file.read().split())
    if low > FIRST + 1000:
        return range(FIRST, low)
    return range(high + 1, LAST + 1) if high < LAST - 1000 else range(FIRST, LAST + 1)


def is_free(port: int) -> bool:
    """Say whether a server could listen at a port, whatever address it asks for."""
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):  # noqa: S104
        try:
            with socket.socket(family, socket.SOCK_STREAM) as trial:
                if family == socket.AF_INET6:
                    trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                trial.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            if family == socket.AF_INET:
                raise
    return True
