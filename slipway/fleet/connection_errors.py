"""Explains why an SSH connection could not be opened, and what to do about it."""

from __future__ import annotations

import os
import shlex
import socket

import paramiko
from fabric import Connection

from slipway.fleet.host_keys import NotRecorded, RevokedKey, UnknownKey, holder, known_hosts, known_name
from slipway.fleet.open_tcp import CONNECT_TIMEOUT
from slipway.inventory import Host
from slipway.inventory.host import LAB_UP

# What paramiko says of a server that closes, or is silent, or is something else.
_NO_SSH = ("banner", "No existing session", "Negotiation failed", "protocol version")


def explain(error: Exception, host: Host, hop: Connection | None, last: bool) -> tuple[str, str]:
    """Message and hint for what went wrong on the way to a host.

    Args:
        error: what was raised.
        host: where to.
        hop: the connection that failed; None if it did not come to that.
        last: whether that one leads to the host itself, not to a gateway.
    """
    if hop is None:
        if "getpwuid" in str(error) or "home directory" in str(error):
            return (
                f"{host.name}: cannot connect: the user id {os.getuid()} has no name or no home on this machine",
                "Set the variables USER and HOME, as a CI job does: USER=ci HOME=/tmp fab deploy",
            )
        return f"{host.name}: cannot connect: {_reason(error)}", "Check ssh_config, and [ssh] in the inventory."
    who = hop.host if last else f"the gateway {hop.host}"
    where = f"{hop.user}@{hop.host}:{hop.port}"
    if told := _about_key(error, host, hop, who):
        return told
    if isinstance(error, paramiko.PasswordRequiredException):
        return f"{host.name}: the key for {where} has a passphrase", "Give it to the agent first: ssh-add"
    if isinstance(error, paramiko.AuthenticationException) or "No authentication methods" in str(error):
        return f"{host.name}: {where if last else f'the gateway {where}'} refuses our keys", _try(host, hop, last)
    if isinstance(error, paramiko.ChannelException):
        through = hop.gateway.host if isinstance(hop.gateway, Connection) else "the gateway"
        return f"{host.name}: {through} cannot connect to {hop.host}:{hop.port}: {error.text}", _remedy(host)
    to = where if last else f"the gateway {where}"
    return f"{host.name}: cannot connect to {to}: {_reason(error)}", _remedy(host)


def _about_key(error: Exception, host: Host, hop: Connection, who: str) -> tuple[str, str] | None:
    """Message and hint where the host key is not trusted; None for other errors."""
    if host.lab and isinstance(error, (paramiko.BadHostKeyException, UnknownKey)):
        return f"{host.name}: the lab is not running: another SSH server answers at {hop.host}:{hop.port}", LAB_UP
    if isinstance(error, paramiko.BadHostKeyException):
        forget = shlex.join(["ssh-keygen", "-f", str(holder(hop, host)), "-R", known_name(hop)])
        return (
            f"{host.name}: the host key of {who} has CHANGED; not connecting",
            f"If the server was reinstalled, check its new key and remove the old one with: {forget}",
        )
    if isinstance(error, UnknownKey):
        look = f"ssh-keyscan -p {hop.port} {hop.host} >> {known_hosts(hop, host)[0]}"
        return (
            f"{host.name}: the host key of {who} is not in known_hosts, and host_keys is 'refuse'",
            f"Check the key and add it: {look}",
        )
    if isinstance(error, RevokedKey):
        return (
            f"{host.name}: the host key of {who} is marked as @revoked in known_hosts; not connecting",
            "Somebody else may have that key. Ask who runs the server for its new one.",
        )
    if isinstance(error, NotRecorded):
        return f"{host.name}: {who} is new, and {error}", "Set known_hosts under [ssh] in the inventory."
    return None


def _try(host: Host, hop: Connection, last: bool) -> str:
    port = [] if int(hop.port) == 22 else ["-p", str(hop.port)]
    ssh = f"does `{shlex.join(['ssh', *port, f'{hop.user}@{hop.host}'])}` work?"
    if last and hop.user == host.user and not host.rootless:
        return f"Has `fab provision --hosts={host.name}` been run, and {ssh}"
    return ssh.capitalize()


def _remedy(host: Host) -> str:
    if host.lab:
        return LAB_UP
    return "Check the address, port and firewall in the inventory and ssh_config."


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved"
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_TIMEOUT} s"
    if type(error) is paramiko.SSHException and any(word in str(error) for word in _NO_SSH):
        return "it takes connections, but does not answer as an SSH server"
    if isinstance(error, EOFError):
        return "the connection was closed"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
