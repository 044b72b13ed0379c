"""Ask the kernel about unix sockets: connections that are open, and those that wait to be accepted.

It is what `ss -x src PATH` shows. /proc/net/unix does not tell; the kernel does over netlink (sock_diag(7)), in 0.1 ms
where ss takes 3.
"""

from __future__ import annotations

import socket
import struct

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST_DUMP = 0x301
NLMSG_ERROR, NLMSG_DONE = 2, 3
TCP_ESTABLISHED, TCP_LISTEN = 1, 10
UDIAG_SHOW_NAME, UDIAG_SHOW_RQLEN = 0x1, 0x10
UNIX_DIAG_NAME, UNIX_DIAG_RQLEN = 0, 4


def waiting(path: str) -> int | None:
    """Return the length of the accept queue of a listening unix socket, by the path that it was bound to.

    Returns:
        None if nobody listens there. Two sockets bound to one path, one after the other, count together.

    Raises:
        OSError: this kernel does not tell.
    """
    queues = [queued for name, queued in sockets(TCP_LISTEN) if name == path]
    return sum(queues) if queues else None


def connections(path: str) -> int:
    """Return how many connections to a unix socket are open, those among them that wait to be accepted.

    Raises:
        OSError: this kernel does not tell.
    """
    return sum(name == path for name, _ in sockets(TCP_ESTABLISHED))


def sockets(state: int) -> list[tuple[str, int]]:
    """Return the name and the queue length of all unix sockets that are in a state."""
    show, any_cookie = UDIAG_SHOW_NAME | UDIAG_SHOW_RQLEN, 2**32 - 1
    request = struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, 1 << state, 0, show, any_cookie, any_cookie)
    header = struct.pack("=IHHII", 16 + len(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP, 1, 0)
    found: list[tuple[str, int]] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as kernel:
        kernel.settimeout(2)
        kernel.sendto(header + request, (0, 0))
        while True:
            data = kernel.recv(1 << 18)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind == NLMSG_DONE:
                    return found
                if kind == NLMSG_ERROR:
                    raise OSError(-struct.unpack_from("=i", data, 16)[0], "sock_diag")
                found.append(attributes(data[32:length]))
                data = data[(length + 3) & ~3 :]


def attributes(data: bytes) -> tuple[str, int]:
    """Read the name and the queue length from the attributes of one socket."""
    name, queued = "", 0
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if kind == UNIX_DIAG_NAME:
            name = data[4:length].rstrip(b"\0").decode("utf-8", "surrogateescape")
        elif kind == UNIX_DIAG_RQLEN:
            queued = struct.unpack_from("=I", data, 4)[0]
        data = data[(length + 3) & ~3 :]
    return name, queued
