"""Checks this machine: the repository, the names of the sites, what the environment is for, the way to each site."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from difflib import get_close_matches
from urllib.parse import urlsplit

from slipway.core.errors import SlipwayError
from slipway.detect import detect
from slipway.detect.env_variables import GIVEN, environment_reads
from slipway.doctor.finding import HERE, Finding
from slipway.env.sources import outline
from slipway.inventory import Host
from slipway.model.hosts_to_targets import sources_of
from slipway.source import Source

ALIKE = 0.8  # of 1: how much two names have to be alike, so that one is taken for the other mistyped
TIMEOUT = 3.0  # seconds for a connection


def local_checks(hosts: Sequence[Host]) -> list[Finding]:
    """All of them; those that ask the network run at the same time."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        asked = [pool.submit(_names, host) for host in hosts if host.app.web and not host.lab]
        asked += [pool.submit(_reaches, host) for host in hosts if host.app.web]
        found = list(_repository(hosts))
        return [*found, *dict.fromkeys(finding for each in asked for finding in each.result())]


def _repository(hosts: Sequence[Host]) -> Iterator[Finding]:
    """Whether a deploy of what is checked out could begin."""
    try:
        sources = sources_of(hosts)
    except SlipwayError as error:
        yield Finding(HERE, "repository", "warning", error.message, error.hint)
        return
    for host in {host.app.name: host for host in hosts}.values():
        source = sources[host.app.source]
        yield Finding(HERE, "repository", "ok", f"a deploy of {host.app.name} would bring {source.commit[:7]}")
        yield from _unread_variables(host, source)


def _unread_variables(host: Host, source: Source) -> Iterator[Finding]:
    """Variables that the inventory sets and no file of the app reads: mistyped perhaps, or for a library."""
    try:
        with source.opened() as tree:
            reads = environment_reads(tree, host.app, detect(tree, host.app))
    except SlipwayError as error:
        yield Finding(HERE, "app", "failed", error.message, error.hint)
        return
    read = {variable.name for variable in reads.variables}
    wanted, _ = outline(host.sources, host.required)
    unread = [name for name in wanted.origins if name not in read and not GIVEN.fullmatch(name)]
    others = []
    for name in unread:
        alike = get_close_matches(name, read - set(wanted.origins), 1, ALIKE)
        told = f"{name} ({wanted.origins[name]}) is read by no file of the app"
        if alike:
            yield Finding(HERE, "environment", "warning", told, f"Did you mean {alike[0]}?")
        else:
            others.append(name)
    if others and not reads.computed:
        yield Finding(HERE, "environment", "ok", f"only libraries can read {', '.join(others)}: the app does not")


def _names(host: Host) -> list[Finding]:
    """Whether each name of the site leads to the host."""
    address = urlsplit(f"//{host.target}").hostname or host.target
    with suppress(OSError):
        own = _addresses(address)
        return [_name(host, name, own) for name in host.app.domains if not name.startswith("*")]
    return []


def _name(host: Host, name: str, own: frozenset[str]) -> Finding:
    try:
        found = _addresses(name)
    except OSError:
        remedy = f"Add a record for it at your DNS provider: {', '.join(sorted(own))}."
        return Finding(HERE, "DNS", "failed", f"{name} has no address", remedy)
    if found & own:
        return Finding(HERE, "DNS", "ok", f"{name} leads to {host.name}")
    told = f"{name} leads to {', '.join(sorted(found))}, not to {host.name} ({', '.join(sorted(own))})"
    return Finding(HERE, "DNS", "warning", told, "That is right if a load balancer or a CDN stands there.")


def _addresses(name: str) -> frozenset[str]:
    """The addresses of a name. Raises OSError: it has none."""
    return frozenset(str(found[4][0]) for found in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))


def _reaches(host: Host) -> list[Finding]:
    """Whether this machine gets a connection to the host's nginx; a firewall may be in the way."""
    if host.gateway:
        return []
    place = f"{host.target}, port {host.http_port}"
    try:
        socket.create_connection((host.target, host.http_port), TIMEOUT).close()
    except OSError as error:
        remedy = f"Is nginx running there, and does a firewall let port {host.http_port} in?"
        return [Finding(host.name, "way to nginx", "failed", f"no connection to {place}: {_why(error)}", remedy)]
    return [Finding(host.name, "way to nginx", "ok", f"{place} answers")]


def _why(error: OSError) -> str:
    return "no answer" if isinstance(error, TimeoutError) else (error.strerror or str(error))
