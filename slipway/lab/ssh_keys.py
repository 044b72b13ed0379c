"""Makes the lab's SSH keys: one pair to log in to all hosts, and one host key for each host."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from slipway.core.errors import SlipwayError

from .host_addresses import HostAddress
from .run_program import must

IDENTITY = "id_ed25519"
KNOWN_HOSTS = "known_hosts"
OPENSSH_HINT = "install OpenSSH's client: apt-get install -y openssh-client"


def make_identity(folder: Path) -> Path:
    """The private key that opens the lab's hosts, made once; its public half lies beside it as `.pub`."""
    path = folder / IDENTITY
    if not (path.exists() and path.with_suffix(".pub").exists()):
        path.unlink(missing_ok=True)
        path.with_suffix(".pub").unlink(missing_ok=True)
        make_pair(path, "slipway-lab")
    return path


def make_pair(path: Path, comment: str) -> None:
    """An ed25519 pair without a passphrase at `path` and `path.pub`."""
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
    must(argv, "make an SSH key", hint=OPENSSH_HINT)


def host_pair(name: str) -> tuple[bytes, bytes]:
    """A host's own key pair (private, public); nothing of it stays on this machine."""
    with tempfile.TemporaryDirectory(prefix="slipway-lab-") as folder:
        path = Path(folder) / "key"
        make_pair(path, f"root@{name}")
        return path.read_bytes(), path.with_suffix(".pub").read_bytes()


def known_hosts_line(address: str, port: int, public_key: str) -> str:
    """A line of known_hosts; a port other than 22 belongs to the name, as `[address]:port`."""
    words = public_key.split()
    if len(words) < 2:
        hint = "Make the lab's hosts anew: `fab lab.down`, then `fab lab.up`."
        raise SlipwayError(f"the host key of {address} port {port} cannot be read", hint=hint)
    place = address if port == 22 else f"[{address}]:{port}"
    return f"{place} {words[0]} {words[1]}"


def write_known_hosts(folder: Path, keys: Mapping[str, str], endpoints: Mapping[str, HostAddress]) -> Path:
    """The lab's known_hosts: what each host says its key is, read from the host and not over SSH."""
    lines = [known_hosts_line(endpoints[name].address, endpoints[name].ssh, keys[name]) for name in sorted(keys)]
    path = folder / KNOWN_HOSTS
    fresh = path.with_suffix(".new")
    fresh.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    os.replace(fresh, path)
    return path


def ssh_argv(endpoint: HostAddress, login: str, folder: Path, words: Iterable[str]) -> list[str]:
    """OpenSSH's client, asking nobody anything and trusting nobody but the lab's known_hosts."""
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": "5",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "LogLevel": "ERROR",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": str(folder / KNOWN_HOSTS),
        "GlobalKnownHostsFile": "/dev/null",
    }
    argv = ["ssh", "-F", "/dev/null", "-i", str(folder / IDENTITY), "-p", str(endpoint.ssh)]
    for name, value in options.items():
        argv += ["-o", f"{name}={value}"]
    return [*argv, f"{login}@{endpoint.address}", "--", *words]
