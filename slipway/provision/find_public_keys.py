"""Finds the SSH public keys of the person who runs fab: provision lets them log in for deploys."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from slipway.core.errors import UsageError
from slipway.inventory import Host
from slipway.inventory.host import LAB_UP


def public_keys(host: Host) -> tuple[str, ...]:
    """Lines for authorized_keys: of the host's identity if it names one, else of the agent and of ~/.ssh.

    Raises:
        UsageError: there is none; the host is one of a lab that is not running, whose key is not there either.
    """
    if host.lab_trouble:
        raise UsageError(host.lab_trouble, hint=LAB_UP)
    found = _of_identity(host.identity) if host.identity else [*_of_agent(), *_of_folder(Path.home() / ".ssh")]
    keys = tuple(dict.fromkeys(found))
    if not keys:
        raise UsageError(
            f"{host.name}: no public key was found that could be let in for deploys", hint="Make one: ssh-keygen"
        )
    return keys


def _of_identity(identity: Path) -> list[str]:
    public = identity.with_name(f"{identity.name}.pub")
    if public.is_file():
        return [public.read_text().strip()]
    return _lines(["ssh-keygen", "-y", "-P", "", "-f", str(identity)])


def _of_agent() -> Iterable[str]:
    return [line for line in _lines(["ssh-add", "-L"]) if line.split(" ")[0].startswith(("ssh-", "ecdsa-", "sk-"))]


def _of_folder(folder: Path) -> Iterable[str]:
    return [path.read_text().strip() for path in sorted(folder.glob("id_*.pub"))]


def _lines(command: list[str]) -> list[str]:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []
