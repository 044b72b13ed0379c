"""Asks OpenSSH what ssh_config says of a host, where paramiko would not understand the file.

paramiko knows no `Include`, and not each form of `Match`. `ssh -G` resolves everything, and takes some 5 ms; so it is
asked only where a file has one of the two.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from paramiko import SSHConfig

from slipway.inventory import Host

USUAL = (Path("~/.ssh/config"), Path("/etc/ssh/ssh_config"))
TIMEOUT = 10  # seconds; `Match exec` runs a command
MOST_HOPS = 8
# What Fabric and `slipway.fleet.host_keys` read; the rest of what ssh prints is of no use here.
READ = frozenset({"hostname", "user", "port", "identityfile", "proxyjump", "proxycommand", "userknownhostsfile"})
_LINE = re.compile(r"\s*(include|match)(?:\s*=\s*|\s+)(.*)", re.IGNORECASE)
_DEFAULT_KEY = re.compile(r"~/\.ssh/id_(?:rsa|dsa|xmss|(?:ecdsa|ed25519)(?:_sk)?)")  # which are tried in any case
_NAME = re.compile(r"[\w.:%-]+")
_JUMP = re.compile(r"(?:ssh://)?(?:[^@]+@)?(\[[^]]+\]|[^:]+|[^:]*:[^:]*:.*)(?::\d+)?")


def resolved(host: Host, user: str) -> SSHConfig | None:
    """What OpenSSH makes of ssh_config for a host and the jump hosts before it; None where paramiko can read the file.

    Args:
        user: who logs in, for `Match user`.
    """
    files = [host.ssh_config] if host.ssh_config else [path.expanduser() for path in USUAL]
    if not any(_is_beyond_paramiko(path) for path in files) or not shutil.which("ssh"):
        return None
    own_home = _home_of_account()
    if own_home is None:
        return None
    # ssh looks for its file in the account's home, whatever HOME says.
    file = host.ssh_config or (files[0] if Path.home() != own_home else None)
    words = ["-F", str(file)] if file else []
    text, asked = "", set[str]()
    waiting = [(host.target, ["-l", user]), *((name, list[str]()) for name in _names(host.gateway or ""))]
    while waiting and len(asked) <= MOST_HOPS:
        name, login = waiting.pop(0)
        if name in asked or not _NAME.fullmatch(name):
            continue
        asked.add(name)
        told = list(_ask([*words, *login], name))
        text += f"Host {name}\n" + "".join(f"  {key} {value}\n" for key, value in told if not (login and key == "user"))
        jumps = [value for key, value in told if key == "proxyjump"]
        waiting += [(jump, list[str]()) for value in jumps for jump in _names(value)]
    return SSHConfig.from_text(text)


def _home_of_account() -> Path | None:
    """The home folder of this account; None where its number has no name, and ssh gives up."""
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return None


def _is_beyond_paramiko(path: Path) -> bool:
    """Whether a file has `Match`, or an `Include` of files that are there."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    found = [match for line in lines if (match := _LINE.match(line))]
    return any(match[1].lower() == "match" or _is_there(match[2], path.parent) for match in found)


def _is_there(patterns: str, folder: Path) -> bool:
    """Whether an `Include` includes anything; its relative paths are those of ~/.ssh, or of /etc/ssh."""
    for pattern in patterns.replace('"', " ").split():
        whole = Path(pattern).expanduser()
        base = folder if folder == Path("/etc/ssh") else Path("~/.ssh").expanduser()
        place = whole if whole.is_absolute() else base / whole
        if any(place.parent.glob(place.name)):
            return True
    return False


def _ask(words: Sequence[str], name: str) -> Iterator[tuple[str, str]]:
    argv = ["ssh", "-T", *words, "-G", "--", name]
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=TIMEOUT, check=False, stdin=subprocess.DEVNULL, errors="replace"
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it failed"])[-1]
        raise ValueError(f"ssh_config cannot be read: {last}")
    for line in done.stdout.splitlines():
        key, _, value = line.partition(" ")
        if key in READ and value != "none" and not (key == "identityfile" and _DEFAULT_KEY.fullmatch(value)):
            yield key, value


def _names(jumps: str) -> list[str]:
    """The hosts of a ProxyJump, without logins and ports."""
    found = (_JUMP.fullmatch(part.strip()) for part in jumps.split(","))
    return [match[1].strip("[]") for match in found if match]
