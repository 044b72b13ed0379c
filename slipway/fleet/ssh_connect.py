"""Opens one verified SSH connection to a host, by Fabric."""

from __future__ import annotations

import logging
import random
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import paramiko
from fabric import Config, Connection

from slipway.core.errors import SlipwayError
from slipway.fleet.connection_errors import explain
from slipway.fleet.host_keys import trust
from slipway.fleet.open_tcp import CONNECT_TIMEOUT, dial
from slipway.fleet.openssh_config import resolved
from slipway.inventory import Host
from slipway.inventory.host import LAB_UP

# sshd drops new connections at random above its MaxStartups (10:30:100, sshd_config(5)), which many hosts behind
# one gateway soon are: try again, spread out over half a minute.
ATTEMPTS = 8
LONGEST_PAUSE = 4.0  # seconds
PATIENCE = 20  # seconds


class Unreachable(SlipwayError):
    """A host could not be connected to, or could not be trusted."""


def connect(host: Host, user: str) -> Connection:
    """Connect to a host as `user`, with its host key, and those of all gateways before it, checked.

    Raises:
        Unreachable: with what to do next: unknown or changed key, refused login, no route, no answer, no lab.
    """
    if host.lab_trouble:
        raise Unreachable(host.lab_trouble, hint=LAB_UP)
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # or its thread prints tracebacks
    started = time.monotonic()
    for attempt in range(1, ATTEMPTS + 1):
        connection = None
        hop = None
        try:
            connection = _prepare(host, user)
            for hop in _hops(connection):
                _open(hop)
            return connection
        except Exception as error:
            if connection:
                disconnect(connection)
            late = attempt == ATTEMPTS or time.monotonic() - started > PATIENCE
            if late or not _is_burst(error):
                message, hint = explain(error, host, hop, hop is connection)
                raise Unreachable(message, hint=hint) from error
            time.sleep(min(LONGEST_PAUSE, 0.1 * 2**attempt) * (0.5 + random.random()))  # noqa: S311  # spread, not secret
    raise AssertionError("unreachable")


def disconnect(connection: Connection) -> None:
    """Close a connection, and those to its gateways, which Fabric leaves open."""
    for hop in reversed(_hops(connection)):
        with suppress(OSError, EOFError, paramiko.SSHException):
            hop.close()
        with suppress(OSError, EOFError, paramiko.SSHException):
            hop.client.close()  # Fabric's does nothing before the login


def _hops(connection: Connection) -> list[Connection]:
    """The connections that have to be opened, in their order: outermost gateway first, the host's own last."""
    hops = [connection]
    while isinstance(hops[0].gateway, Connection):
        hops.insert(0, hops[0].gateway)
    return hops


def _prepare(host: Host, user: str) -> Connection:
    overrides: dict[str, Any] = {"load_ssh_configs": True}
    config = Config(
        overrides=overrides,
        runtime_ssh_path=str(host.ssh_config) if host.ssh_config else None,
        ssh_config=resolved(host, user),
    )
    key = {"key_filename": str(host.identity)} if host.identity else {}
    connection = Connection(
        host.target,
        user=user,
        port=host.port,
        gateway=Connection(host.gateway, config=config, connect_kwargs=dict(key)) if host.gateway else None,
        config=config,
        connect_kwargs={**key, "look_for_keys": not host.identity},
    )
    for hop in _hops(connection):
        hop.connect_timeout = CONNECT_TIMEOUT
        hop.connect_kwargs = {
            **hop.connect_kwargs,
            "banner_timeout": CONNECT_TIMEOUT,
            "auth_timeout": CONNECT_TIMEOUT,
            "channel_timeout": CONNECT_TIMEOUT,
            # As OpenSSH does with an IdentityFile that is not there, where paramiko gives up.
            "key_filename": [name for name in hop.connect_kwargs.get("key_filename", []) if Path(name).exists()],
        }
        trust(hop, host)
    return connection


def _open(hop: Connection) -> None:
    if not hop.gateway:
        hop.connect_kwargs["sock"] = dial(hop.host, int(hop.port))
    hop.open()


def _is_burst(error: Exception) -> bool:
    """Whether sshd may have dropped the connection because many came at once."""
    if isinstance(error, (ConnectionResetError, EOFError)):
        return True
    return type(error) is paramiko.SSHException and "banner" in str(error).lower()
