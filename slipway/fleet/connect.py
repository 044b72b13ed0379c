"""Opening one verified SSH connection to a host, by Fabric."""

from __future__ import annotations

import random
import socket
import threading
import time
from pathlib import Path
from typing import Any

import paramiko
from fabric import Config, Connection
from paramiko.ssh_exception import BadHostKeyException, NoValidConnectionsError, SSHException

from slipway.errors import SlipwayError
from slipway.inventory import Host

CONNECT_TIMEOUT = 10  # seconds
# sshd drops new connections at random above its MaxStartups (10:30:100, sshd_config(5)): try again, spread out.
ATTEMPTS = 5

_recording = threading.Lock()


class Unreachable(SlipwayError):
    """A host could not be connected to, or could not be trusted."""


class RecordNewKeys(paramiko.MissingHostKeyPolicy):
    """Accept the key of a host that was never seen, and add it to known_hosts, as `StrictHostKeyChecking accept-new`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        with _recording:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.path.open("a") as file:
                file.write(f"{hostname} {key.get_name()} {key.get_base64()}\n")


def connect(host: Host, user: str) -> Connection:
    """Connect to a host as `user`, with its host key checked against known_hosts.

    Raises:
        Unreachable: with what to do next: unknown or changed key, refused login, no route, no answer.
    """
    for attempt in range(ATTEMPTS):
        connection = _prepare(host, user)
        try:
            connection.open()
            return connection
        except Exception as error:
            connection.close()
            if attempt + 1 == ATTEMPTS or not _is_burst(error):
                raise _explain(error, host, connection) from error
            time.sleep(0.1 * 2**attempt * (1 + random.random()))
    raise AssertionError("unreachable")


def _prepare(host: Host, user: str) -> Connection:
    overrides: dict[str, Any] = {"load_ssh_configs": True}
    config = Config(overrides=overrides, runtime_ssh_path=str(host.ssh_config) if host.ssh_config else None)
    options: dict[str, Any] = {"banner_timeout": CONNECT_TIMEOUT, "auth_timeout": CONNECT_TIMEOUT}
    if host.identity:
        options["key_filename"] = str(host.identity)
        options["look_for_keys"] = False
    connection = Connection(
        host.address or host.name,
        user=user,
        port=host.port,
        gateway=Connection(host.gateway, config=config) if host.gateway else None,
        config=config,
        connect_timeout=CONNECT_TIMEOUT,
        connect_kwargs=options,
    )
    _trust(connection, host)
    gateway = connection.gateway
    if isinstance(gateway, Connection):
        _trust(gateway, host)
    return connection


def _trust(connection: Connection, host: Host) -> None:
    client = connection.client
    own = _known_hosts(connection, host)
    for path in (own, Path("/etc/ssh/ssh_known_hosts")):
        if path.exists():
            client.load_system_host_keys(str(path))
    accept = host.host_keys == "accept-new"
    client.set_missing_host_key_policy(RecordNewKeys(own) if accept else paramiko.RejectPolicy())


def _known_hosts(connection: Connection, host: Host) -> Path:
    if host.known_hosts:
        return host.known_hosts
    configured = connection.ssh_config.get("userknownhostsfile", "~/.ssh/known_hosts").split()[0]
    return Path(configured).expanduser()


def _is_burst(error: Exception) -> bool:
    """Whether sshd may have dropped the connection because many came at once."""
    if isinstance(error, (ConnectionResetError, EOFError)):
        return True
    return type(error) is SSHException and "banner" in str(error).lower()


def _explain(error: Exception, host: Host, connection: Connection) -> Unreachable:
    where = f"{connection.user}@{connection.host}:{connection.port}"
    if isinstance(error, BadHostKeyException):
        return Unreachable(
            f"{host.name}: the host key of {connection.host} has CHANGED; not connecting",
            hint="If the server was reinstalled, check its new key and remove the old one with: "
            f"ssh-keygen -f {_known_hosts(connection, host)} -R '{_known_name(connection)}'",
        )
    if isinstance(error, paramiko.AuthenticationException):
        return Unreachable(
            f"{host.name}: {where} refuses our keys",
            hint=f"Has `fab provision --hosts={host.name}` been run, and does `ssh {where.rsplit(':', 1)[0]}` work?",
        )
    if isinstance(error, SSHException) and "not found in known_hosts" in str(error):
        return Unreachable(
            f"{host.name}: the host key of {connection.host} is not in known_hosts, and host_keys is 'refuse'",
            hint=f"Check the key and add it: ssh-keyscan -p {connection.port} {connection.host} >> "
            f"{_known_hosts(connection, host)}",
        )
    return Unreachable(f"{host.name}: cannot connect to {where}: {_reason(error)}", hint=_remedy(host))


def _known_name(connection: Connection) -> str:
    return connection.host if connection.port == 22 else f"[{connection.host}]:{connection.port}"


def _remedy(host: Host) -> str:
    if host.lab:
        return "The lab is not up: run `fab lab.up`."
    return "Check the address, port and firewall in the inventory and ssh_config."


def _reason(error: Exception) -> str:
    if isinstance(error, NoValidConnectionsError):
        error = next(iter(error.errors.values()))
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved"
    if isinstance(error, (TimeoutError, socket.timeout)):
        return f"no answer within {CONNECT_TIMEOUT} s"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


__all__ = ["Unreachable", "connect"]
