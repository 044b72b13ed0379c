"""Finds which packages the lab needs on this machine, and installs them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from slipway.core.errors import SlipwayError

from .run_program import must, run

PATH = os.pathsep.join(["/usr/local/sbin", "/usr/sbin", "/sbin", os.environ.get("PATH", os.defpath)])
POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_TEXT = "#!/bin/sh\n# slipway: packages of the lab start no services on this machine\nexit 101\n"
# (package, a program or file of it)
COMMON = (("openssh-client", "ssh-keygen"), ("git", "git"), ("rsync", "rsync"))
PODMAN = (
    ("podman", "podman"),
    ("runc", "runc"),
    ("netavark", "/usr/lib/podman/netavark"),
    ("iptables", "iptables"),
    ("mmdebstrap", "mmdebstrap"),
    ("debian-archive-keyring", "/usr/share/keyrings/debian-archive-keyring.gpg"),
    ("ca-certificates", "/etc/ssl/certs/ca-certificates.crt"),
)
ROOTLESS_PODMAN = (("uidmap", "newuidmap"), ("slirp4netns", "slirp4netns"), ("fuse-overlayfs", "fuse-overlayfs"))
LOCAL = (("openssh-server", "sshd"), ("nginx", "nginx"), ("python3-venv", "/usr/share/python-wheels"))


def needed(engine: str | None = None) -> list[str]:
    """The packages that an engine needs and this machine lacks.

    Args:
        engine: `podman`, `docker` (which is for its user to install) or `local`; None means podman, unless
            docker works and podman is not there.
    """
    if engine is None:
        engine = "docker" if not _there("podman") and run(["docker", "info"], timeout=20).ok else "podman"
    wanted = list(COMMON)
    if engine == "podman":
        wanted += PODMAN if os.geteuid() == 0 else (*PODMAN, *ROOTLESS_PODMAN)
    elif engine == "local":
        wanted += LOCAL
    return _installable([package for package, proof in wanted if not _there(proof)])


def install_line(packages: list[str]) -> str:
    """The command that installs them, to be shown."""
    return f"{'' if os.geteuid() == 0 else 'sudo '}apt-get install -y {' '.join(packages)}"


def may_install() -> bool:
    """Whether this process can install packages: root, on a system with apt."""
    return os.geteuid() == 0 and _there("apt-get")


def install(packages: list[str] | None = None, say: Callable[[str], None] = print) -> list[str]:
    """Install packages with apt, without starting services that come with them.

    Args:
        packages: None means what `needed()` says.

    Returns:
        What was installed; nothing if nothing was missing, or if this process may not install.

    Raises:
        SlipwayError: apt failed.
    """
    wanted = needed() if packages is None else packages
    if not wanted or not may_install():
        return []
    say(f"installing {' '.join(wanted)}")
    words = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    with _no_services():
        argv = [*words, "install", "--no-install-recommends", *wanted]
        if not run(argv, timeout=900).ok:
            must([*words, "update"], "read apt's package lists", timeout=600)
            argv = [*words, "install", "--no-install-recommends", *_installable(wanted)]
            must(argv, f"install {' '.join(wanted)}", timeout=900)
    return wanted


@contextmanager
def _no_services() -> Iterator[None]:
    """Debian's way to install packages without starting their services (invoke-rc.d asks this file)."""
    ours = not POLICY.exists() or POLICY.read_text(encoding="utf-8", errors="replace") == POLICY_TEXT
    try:
        if ours:
            POLICY.write_text(POLICY_TEXT, encoding="ascii")
            POLICY.chmod(0o755)
    except OSError as error:
        hint = "Installing packages needs root: run it as root, or install them yourself."
        raise SlipwayError(f"cannot write {POLICY}: {error.strerror}", hint=hint) from None
    try:
        yield
    finally:
        if ours:
            POLICY.unlink(missing_ok=True)


def _installable(packages: list[str]) -> list[str]:
    """Without those that this release of the system does not have (netavark on Ubuntu 22.04); all if apt knows none."""
    if not packages or not _there("apt-cache"):
        return packages
    shown = run(["apt-cache", "show", "--no-all-versions", *packages], timeout=60).text.splitlines()
    known = {line.split()[1] for line in shown if line.startswith("Package: ")}
    return [package for package in packages if package in known] or packages


def _there(proof: str) -> bool:
    return os.path.exists(proof) if proof.startswith("/") else shutil.which(proof, path=PATH) is not None
