"""Find out whether whoever signs certificates would find the proofs of this host, without asking them."""

from __future__ import annotations

import errno
import os
import re
import secrets
import socket
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = ".well-known/acme-challenge"
PROBE = "slipway-probe-"
TIMEOUT = 5.0  # seconds
FRESH = 600.0  # seconds
MOST = 4096  # bytes
NO_ROUTE = "cannot be reached from here"
NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def write_probe(webroot: str, app: str) -> str:
    """Put a file where proofs lie; returns its name, which is also its content.

    One that is fresh stays: the operator's machine may just be asking for it.
    """
    folder = os.path.join(webroot, FOLDER)
    mine = re.compile(rf"{PROBE}{re.escape(app)}-[0-9a-f]{{32}}")
    for name in sorted(filter(mine.fullmatch, os.listdir(folder))):
        if time.time() - os.stat(os.path.join(folder, name)).st_mtime < FRESH:
            return name
        os.unlink(os.path.join(folder, name))
    name = f"{PROBE}{app}-{secrets.token_hex(16)}"
    with open(os.path.join(folder, name), "w", encoding="ascii") as file:
        file.write(name)
    return name


def unreachable(domains: Iterable[str], probe: str) -> dict[str, str]:
    """Ask for the probe by each domain; returns why those cannot be proved at which it is not found."""
    found = {domain: trouble(domain, probe) for domain in domains}
    return {domain: why for domain, why in found.items() if why}


def trouble(domain: str, probe: str) -> str:
    """Say why the probe is not found by a domain's own name, or ""."""
    try:
        places = socket.getaddrinfo(domain, 80, type=socket.SOCK_STREAM)
    except OSError:
        return f"the DNS has no address of {domain} yet"
    said = {str(place[4][0]): "" for place in places}
    for one in said:
        said[one] = ask_address(one, domain, probe)
    # Where this host has no way to, as to IPv6, it cannot judge.
    known = {one: why for one, why in said.items() if not why.startswith(NO_ROUTE)} or said
    return next((f"{domain} leads to {one}, which {why}" for one, why in known.items() if why), "")


def ask_address(place: str, domain: str, probe: str) -> str:
    """Ask one address for the probe; returns what is wrong with the answer."""
    import http.client

    connection = http.client.HTTPConnection(place, 80, timeout=TIMEOUT)
    try:
        connection.request("GET", f"/{FOLDER}/{probe}", headers={"Host": domain, "User-Agent": "slipway-probe"})
        answer = connection.getresponse()
        body = answer.read(MOST)
    except (OSError, http.client.HTTPException) as error:
        if getattr(error, "errno", None) in NO_WAY:
            return NO_ROUTE
        return f"does not answer on port 80 ({getattr(error, 'strerror', None) or error or type(error).__name__})"
    finally:
        connection.close()
    if body.decode("ascii", "replace").strip() == probe:
        return ""
    return f"is not this host: it answers {answer.status}, and not with the file that this host has there"
