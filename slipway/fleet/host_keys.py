"""Decides which SSH host keys are trusted: known ones, new ones if allowed, changed ones never."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import paramiko
from fabric import Connection
from paramiko.hostkeys import HostKeys

from slipway.inventory import Host

SYSTEM = Path("/etc/ssh/ssh_known_hosts")
DEFAULT = "~/.ssh/known_hosts ~/.ssh/known_hosts2"  # as UserKnownHostsFile in ssh_config(5)


class UnknownKey(paramiko.SSHException):
    """A host that known_hosts does not hold, where that is to be refused."""


class NotRecorded(paramiko.SSHException):
    """A new host's key could not be written down."""


class RecordNewKeys(paramiko.MissingHostKeyPolicy):
    """Accept the key of a host that was never seen, and write it down, as `StrictHostKeyChecking accept-new` does."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        try:
            with _locked(self.path) as file:
                # Another connection to the same host may have been quicker, and must have seen the same key.
                known = _load(self.path).lookup(hostname)
                if known is None:
                    _append(file, f"{hostname} {key.get_name()} {key.get_base64()}\n")
                elif known.get(key.get_name()) != key:
                    raise paramiko.BadHostKeyException(hostname, key, next(iter(known.values())))
        except OSError as error:
            raise NotRecorded(f"its key cannot be recorded in {self.path}: {error.strerror}") from error


class RefuseNewKeys(paramiko.MissingHostKeyPolicy):
    """Refuse hosts that were never seen."""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        raise UnknownKey(hostname)


def trust(connection: Connection, host: Host) -> None:
    """Let a connection, that is not open yet, accept the keys in known_hosts, and new ones as the inventory says."""
    for path in [*known_hosts(connection, host), SYSTEM]:
        if path.is_file():
            connection.client.load_system_host_keys(str(path))
    own = known_hosts(connection, host)[0]
    policy = RecordNewKeys(own) if host.host_keys == "accept-new" else RefuseNewKeys()
    connection.client.set_missing_host_key_policy(policy)


def known_hosts(connection: Connection, host: Host) -> list[Path]:
    """The files of the inventory, else of ssh_config, that hold known keys; new ones go to the first."""
    if host.known_hosts:
        return [host.known_hosts]
    names = connection.ssh_config.get("userknownhostsfile", DEFAULT).split()
    return [Path("/dev/null" if name == "none" else name).expanduser() for name in names] or [Path("/dev/null")]


def holder(connection: Connection, host: Host) -> Path:
    """The file that holds the key that a connection is expected to show."""
    files = [path for path in [*known_hosts(connection, host), SYSTEM] if path.is_file()]
    return next(
        path for path in [*files, known_hosts(connection, host)[0]] if _load(path).lookup(known_name(connection))
    )


def known_name(connection: Connection) -> str:
    """What known_hosts calls the host of a connection, sshd(8)."""
    return connection.host if int(connection.port) == 22 else f"[{connection.host}]:{connection.port}"


@contextmanager
def _locked(path: Path) -> Iterator[IO[bytes]]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _append(file: IO[bytes], line: str) -> None:
    """Add a line, also where the last one of the file has no end."""
    file.seek(0, 2)
    if file.tell():
        file.seek(-1, 2)
        if file.read(1) != b"\n":
            line = f"\n{line}"
    file.write(line.encode())
    file.flush()


def _load(path: Path) -> HostKeys:
    keys = HostKeys()
    keys.load(str(path))
    return keys
