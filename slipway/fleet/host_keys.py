"""Decides which SSH host keys are trusted: known ones, new ones if allowed, changed ones never."""

from __future__ import annotations

import fcntl
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import paramiko
from fabric import Connection
from paramiko.hostkeys import HostKeys
from paramiko.pkey import UnknownKeyType

from slipway.inventory import Host

SYSTEM = Path("/etc/ssh/ssh_known_hosts")
DEFAULT = "~/.ssh/known_hosts ~/.ssh/known_hosts2"  # as UserKnownHostsFile in ssh_config(5)


class UnknownKey(paramiko.SSHException):
    """The host is not in known_hosts, and the settings refuse unknown hosts."""


class RevokedKey(paramiko.SSHException):
    """A host that shows a key which known_hosts calls revoked."""


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
                known = _keys_in(self.path, hostname)
                if not known:
                    _append(file, f"{hostname} {key.get_name()} {key.get_base64()}\n")
                elif known.get(key.get_name()) != key:
                    raise paramiko.BadHostKeyException(hostname, key, next(iter(known.values())))
        except OSError as error:
            raise NotRecorded(f"its key cannot be recorded in {self.path}: {error.strerror}") from error


class RefuseNewKeys(paramiko.MissingHostKeyPolicy):
    """Refuse hosts that were never seen."""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        raise UnknownKey(hostname)


class RefuseRevokedKeys(paramiko.MissingHostKeyPolicy):
    """Refuse keys that known_hosts calls revoked, for whichever host; another policy decides about all others."""

    def __init__(self, revoked: frozenset[bytes], otherwise: paramiko.MissingHostKeyPolicy) -> None:
        self.revoked, self.otherwise = revoked, otherwise

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        if key.asbytes() in self.revoked:
            raise RevokedKey(hostname)
        self.otherwise.missing_host_key(client, hostname, key)


def trust(connection: Connection, host: Host) -> None:
    """Let a connection, that is not open yet, accept the keys in known_hosts, and new ones as the inventory says."""
    files = [path for path in [*known_hosts(connection, host), SYSTEM] if path.is_file()]
    revoked = frozenset(key for path in files for key in _revoked_in(path))
    name, known = known_name(connection), connection.client.get_host_keys()
    keys = {kind: key for path in reversed(files) for kind, key in _keys_in(path, name).items()}
    for kind, key in keys.items():
        if key.asbytes() not in revoked:
            known.add(name, kind, key)
    own = known_hosts(connection, host)[0]
    policy = RecordNewKeys(own) if host.host_keys == "accept-new" else RefuseNewKeys()
    connection.client.set_missing_host_key_policy(RefuseRevokedKeys(revoked, policy))


def known_hosts(connection: Connection, host: Host) -> list[Path]:
    """The files of the inventory, else of ssh_config, that hold known keys; new ones go to the first."""
    if host.known_hosts:
        return [host.known_hosts]
    names = connection.ssh_config.get("userknownhostsfile", DEFAULT).split()
    return [Path("/dev/null" if name == "none" else name).expanduser() for name in names] or [Path("/dev/null")]


def holder(connection: Connection, host: Host) -> Path:
    """The file that holds the key that a connection is expected to show."""
    files = [path for path in [*known_hosts(connection, host), SYSTEM] if path.is_file()]
    return next(path for path in [*files, known_hosts(connection, host)[0]] if _keys_in(path, known_name(connection)))


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


def _keys_in(path: Path, name: str) -> dict[str, paramiko.PKey]:
    """The keys of a host in a known_hosts file by their type; of several of one type the first.

    Lines that cannot be used are passed over, as OpenSSH does: types of keys that are not known here, broken ones,
    and `@cert-authority`, since certificates of hosts are not checked.
    """
    found: dict[str, paramiko.PKey] = {}
    for names, kind, key in _lines_of(path):
        if not names.startswith("@") and any(_is(each, name) for each in names.split(",")):
            with suppress(ValueError, paramiko.SSHException, UnknownKeyType):
                found.setdefault(kind, paramiko.PKey.from_type_string(kind, b64decode(key)))
    return found


def _revoked_in(path: Path) -> Iterator[bytes]:
    """The keys of `@revoked` lines."""
    for marker, _names, rest in _lines_of(path):
        if marker == "@revoked":
            with suppress(ValueError, IndexError):
                yield b64decode(rest.split()[1])


def _lines_of(path: Path) -> Iterator[tuple[str, str, str]]:
    """The first three fields of each line that has so many, the last with what follows for marked lines."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        fields = line.split(None, 2)
        if len(fields) == 3 and not line.lstrip().startswith("#"):
            yield fields[0], fields[1], fields[2] if fields[0].startswith("@") else fields[2].split()[0]


def _is(pattern: str, name: str) -> bool:
    """Whether a name of known_hosts, plain or hashed, is that of a host."""
    if not pattern.startswith("|1|"):
        return pattern == name
    try:
        return HostKeys.hash_host(name, pattern) == pattern
    except (ValueError, AssertionError):
        return False
