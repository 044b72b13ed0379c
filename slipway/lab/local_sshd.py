"""Configures and starts the sshd of one host of the engine `local`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from slipway.core.errors import SlipwayError

from .host_addresses import HostAddress
from .install_lab_tools import PATH
from .run_program import must

MARK = "SLIPWAY_LAB_HOST"
PID_FILE, CONFIG, LOG, HOST_KEY = "sshd.pid", "sshd_config", "sshd.log", "ssh_host_ed25519_key"
SEPARATION = Path("/run/sshd")


def find_sshd() -> str | None:
    """sshd's absolute path (it insists on being called by one); None if it is not installed."""
    return shutil.which("sshd", path=os.pathsep.join([PATH, "/opt/homebrew/sbin"]))


def render_config(home: Path, endpoint: HostAddress, user: str, variables: Mapping[str, str], *, pam: bool) -> str:
    """The text of sshd_config.

    Args:
        home: the host's folder.
        user: the one account that may log in.
        variables: what sessions find in their environment; the host's mark is added, by which
            everything that was ever started on the host can be found.
        pam: ask PAM about accounts.
    """
    given = {**variables, MARK: str(home)}
    words = [f'"{name}={value}"' for name, value in sorted(given.items()) if not set(value) & set('"\\\n')]
    lines = [
        f"Port {endpoint.ssh}",
        f"ListenAddress {endpoint.address}",
        f'HostKey "{home / HOST_KEY}"',
        f'PidFile "{home / PID_FILE}"',
        f'AuthorizedKeysFile "{str(home / "authorized_keys").replace("%", "%%")}"',
        f"AllowUsers {user}",
        "PermitRootLogin prohibit-password",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "StrictModes no",
        f"UsePAM {'yes' if pam else 'no'}",
        "PrintMotd no",
        "AcceptEnv LANG LC_*",
        f"SetEnv {' '.join(words)}",
        "Subsystem sftp internal-sftp",
    ]
    return "".join(f"{line}\n" for line in lines)


def start(home: Path) -> None:
    """Start the host's sshd; it goes into the background once it listens.

    Raises:
        SlipwayError: it did not start.
    """
    program = find_sshd()
    if program is None:
        raise SlipwayError("sshd is not installed", hint="apt-get install -y openssh-server")
    if os.geteuid() == 0:
        SEPARATION.mkdir(mode=0o755, parents=True, exist_ok=True)
    (home / PID_FILE).unlink(missing_ok=True)
    must([program, "-f", home / CONFIG, "-E", home / LOG], f"start sshd of {home.name}", hint=last_lines(home))


def last_lines(home: Path, count: int = 15) -> str:
    """The end of the host's sshd log."""
    try:
        lines = (home / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-count:])


def needs_pam(user: str) -> bool:
    """Without PAM, sshd run by root refuses an account whose password is locked with `!`."""
    try:
        shadow = Path("/etc/shadow").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    rows = (line.split(":") for line in shadow.splitlines())
    return any(row[0] == user and row[1].startswith("!") for row in rows if len(row) > 1)
