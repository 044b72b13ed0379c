"""A real sshd on loopback, as the current user, with a home folder of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from slipway.inventory import Host
from slipway.inventory.app import App
from tests.fleet.agent import eventually

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
ADDRESS = "127.0.0.1"


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    """A new private key."""
    path.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", path], check=True)
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])


class Sshd:
    """One server.

    Args:
        folder: for everything that belongs to it; `home` in it is the home folder of whoever logs in.
        options: further lines of sshd_config.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        assert SSHD
        self.folder, self.home, self.port = folder, folder / "home", free_port()
        self.home.mkdir(parents=True, exist_ok=True)
        self.user = getpass.getuser()
        self.identity = make_key(folder / "identity")
        self.key = make_key(folder / "host_key")
        self.known_hosts = folder / "known_hosts"
        self._options = options
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        config = self.folder / "sshd_config"
        lines = [
            *self._options,
            f"Port {self.port}",
            f"ListenAddress {ADDRESS}",
            f"HostKey {self.key}",
            f"AuthorizedKeysFile {self.folder}/identity.pub",
            f"SetEnv HOME={self.home}",
            "PidFile none",
            "StrictModes no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin yes",
        ]
        config.write_text("\n".join(lines) + "\n")
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # or it does not start
        assert SSHD
        log = (self.folder / "sshd.log").open("ab")
        self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", config], stdout=log, stderr=log)
        log.close()
        eventually(self._answers)

    def _answers(self) -> bool:
        assert self.process and self.process.poll() is None, (self.folder / "sshd.log").read_text()
        try:
            with socket.create_connection((ADDRESS, self.port), timeout=1) as probe:
                return probe.recv(4) == b"SSH-"
        except OSError:
            return False

    def stop(self) -> None:
        """End the server; connections live on."""
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def close(self) -> None:
        """End the server and all its connections."""
        self.cut()
        self.stop()

    def connections(self) -> list[int]:
        """Processes that serve a connection each."""
        assert self.process
        return children(self.process.pid)

    def cut(self, kind: signal.Signals = signal.SIGKILL) -> None:
        """End, or stop, all connections."""
        if self.process:
            for pid in [pid for top in self.connections() for pid in (top, *children(top))]:
                if b"sshd" in command_of(pid):
                    os.kill(pid, kind)

    def host(self, name: str = "web1", **changes: object) -> Host:
        """An entry of an inventory that leads here."""
        settings: dict[str, object] = {
            "name": name,
            "app": App(name="app", root=str(self.folder / name)),
            "address": ADDRESS,
            "port": self.port,
            "user": self.user,
            "identity": self.identity,
            "known_hosts": self.known_hosts,
            "ssh_config": self.ssh_config(),
        }
        return Host(**(settings | changes))  # type: ignore[arg-type]

    def ssh_config(self, *lines: str) -> Path:
        """A file that takes the place of ~/.ssh/config."""
        path = self.folder / f"ssh_config_{abs(hash(lines))}"
        path.write_text("\n".join(lines) + "\n")
        return path


def children(pid: int) -> list[int]:
    """Direct children of a process."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def seconds_of(started: float) -> float:
    return time.monotonic() - started
