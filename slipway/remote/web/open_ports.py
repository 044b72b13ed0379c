"""Find the ports on which a web process listens for everybody, and not for nginx alone."""

from __future__ import annotations

import os
import re

from slipway.remote.web.tcp_listeners import tcp_listeners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RESERVED = re.compile(r"(?m)@slipway-port-([0-9]+)$")
REMEDY = "Have its command listen on 127.0.0.1 (such as `--host 127.0.0.1`), or close the port by a firewall"


def open_ports(user: int) -> list[int]:
    """Return the ports that were given to web processes, and on which an account listens on all addresses."""
    with open("/proc/net/unix", encoding="ascii", errors="replace") as file:
        reserved = {int(port) for port in RESERVED.findall(file.read())}
    if not reserved:
        return []
    return sorted({one.port for one in tcp_listeners() if one.everywhere and one.user == user and one.port in reserved})


def open_ports_of(found: list[dict[str, Any]]) -> list[int]:
    """Return the ports on which everybody may reach the web process, past nginx."""
    for pid in (one["pid"] for one in found if one["process"] == "web" and one["pid"]):
        try:
            return open_ports(os.stat(f"/proc/{pid}").st_uid)
        except OSError:  # it has just ended
            continue
    return []


def told_open(ports: list[int]) -> str:
    """Say it in words."""
    return f"web listens on all addresses: visitors can pass nginx by port {', '.join(map(str, ports))}. {REMEDY}"
