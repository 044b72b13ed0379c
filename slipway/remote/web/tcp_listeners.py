"""Ask the kernel which TCP sockets listen: at which address and port, and whose they are.

It is what `ss -tlne` shows, over netlink (sock_diag(7)) in 0.1 ms; /proc/net/tcp, where the kernel lacks that, takes as
long as there are connections.
"""

from __future__ import annotations

import socket
import struct

INET_DIAG, DIAG_BY_FAMILY, DUMP = 4, 20, 0x301
DIAG_ERROR, DIAG_DONE = 2, 3
LISTEN = 10
MAPPED = b"\0" * 10 + b"\xff\xff"  # how IPv6 writes an address of IPv4


class Listener:
    """One socket that listens.

    Attributes:
        family: AF_INET or AF_INET6. host: its address, as text. user: the id of the account that made it.
    """

    def __init__(self, family: int, address: bytes, port: int, user: int) -> None:
        self.family = family
        self.host = socket.inet_ntop(family, address)
        self.port = port
        self.user = user
        self.everywhere = not any(address) or address == MAPPED + bytes(4)

    @property
    def near(self) -> tuple[str, int]:
        """Where this machine itself reaches it."""
        if not self.everywhere:
            return self.host, self.port
        return ("127.0.0.1" if self.family == socket.AF_INET else "::1"), self.port


def tcp_listeners(port: int = 0) -> list[Listener]:
    """Return the sockets that listen, at one port or at any."""
    try:
        return [one for family in (socket.AF_INET, socket.AF_INET6) for one in told(family, port)]
    except OSError:
        return [one for family in (socket.AF_INET, socket.AF_INET6) for one in listed(family, port)]


def told(family: int, port: int) -> list[Listener]:
    """Ask over netlink.

    Raises:
        OSError: this kernel does not tell.
    """
    ids = struct.pack(">HH", port, 0) + bytes(36) + b"\xff" * 8
    request = struct.pack("=BBBBI", family, socket.IPPROTO_TCP, 0, 0, 1 << LISTEN) + ids
    found: list[Listener] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, INET_DIAG) as kernel:
        kernel.settimeout(2)
        kernel.sendto(struct.pack("=IHHII", 16 + len(request), DIAG_BY_FAMILY, DUMP, 1, 0) + request, (0, 0))
        while True:
            data = kernel.recv(1 << 18)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind == DIAG_DONE:
                    return found
                if kind == DIAG_ERROR:
                    raise OSError(-struct.unpack_from("=i", data, 16)[0], "sock_diag")
                found += diagnosed(data[16:length], port)
                data = data[(length + 3) & ~3 :]


def diagnosed(data: bytes, port: int) -> list[Listener]:
    """Read one socket of the kernel's answer (struct inet_diag_msg); none if it has another port."""
    family, at = data[0], struct.unpack_from(">H", data, 4)[0]
    address = data[8:12] if family == socket.AF_INET else data[8:24]
    user = struct.unpack_from("=I", data, 64)[0]
    return [Listener(family, address, at, user)] if port in (0, at) else []


def listed(family: int, port: int) -> list[Listener]:
    """Read the kernel's table; none where there is none, as without IPv6."""
    found = []
    try:
        with open(f"/proc/net/tcp{'' if family == socket.AF_INET else '6'}", encoding="ascii") as file:
            lines = file.readlines()[1:]
    except OSError:
        return []
    for fields in (line.split() for line in lines):
        where, _, at = fields[1].partition(":")
        if int(fields[3], 16) == LISTEN and port in (0, int(at, 16)):
            words = (int(where[start : start + 8], 16) for start in range(0, len(where), 8))
            address = b"".join(struct.pack("=I", word) for word in words)
            found.append(Listener(family, address, int(at, 16), int(fields[7])))
    return found


def account_name(user: int) -> str:
    """Return the name of an account, or its number where it has none here."""
    with open("/etc/passwd", encoding="utf-8", errors="replace") as file:
        names = {fields[2]: fields[0] for fields in (line.split(":") for line in file) if len(fields) > 2}
    return names.get(str(user), f"user id {user}")
