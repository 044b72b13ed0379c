"""Find the ports on which a web process listens for everybody, and not for nginx alone."""

from __future__ import annotations

import re

from slipway.remote.web.tcp_listeners import tcp_listeners

RESERVED = re.compile(r"(?m)@slipway-port-([0-9]+)$")
REMEDY = "Have its command listen on 127.0.0.1 (such as `--host 127.0.0.1`), or close the port by a firewall"


def open_ports(user: int) -> list[int]:
    """Return the ports that were given to web processes, and on which an account listens on all addresses."""
    with open("/proc/net/unix", encoding="ascii", errors="replace") as file:
        reserved = {int(port) for port in RESERVED.findall(file.read())}
    if not reserved:
        return []
    return sorted({one.port for one in tcp_listeners() if one.everywhere and one.user == user and one.port in reserved})


def told_open(ports: list[int]) -> str:
    """Say it in words."""
    return f"web listens on all addresses: visitors can pass nginx by port {', '.join(map(str, ports))}. {REMEDY}"
