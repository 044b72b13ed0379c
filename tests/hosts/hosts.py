"""The lab that the host tests share: which engine it runs on, and hosts to look into."""

from __future__ import annotations

import fcntl
import http.client
import os
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from slipway import lab
from slipway.core.errors import SlipwayError
from slipway.lab import LabHost

VARIABLE = "SLIPWAY_TEST_ENGINE"
KEPT = "SLIPWAY_TEST_LAB"  # a folder: the hosts stay when the tests are over, and the next run has them at once
CONTAINERS = ("podman", "docker")
PREFIX, OWNER = "slipway-test-", "owner"
NAMES = ("lab1", "lab2", "lab3")


@dataclass
class Answer:
    """What a web server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass
class Hosts:
    """The lab's hosts by name.

    Attributes:
        folder: the lab's own folder.
        fallback: why the hosts are no containers; empty if they are.
    """

    folder: Path
    hosts: dict[str, LabHost]
    fallback: str = ""
    rootless: bool = field(init=False)

    def __post_init__(self) -> None:
        self.rootless = any(host.rootless for host in self.hosts.values())

    def __getitem__(self, name: str) -> LabHost:
        return self.hosts[name]

    def run(self, name: str, command: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a bash command on a host as its admin: root, where there is one."""
        host = self.hosts[name]
        options = ["BatchMode=yes", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={host.known_hosts}"]
        words = ["ssh", "-F", "/dev/null", "-i", host.identity, "-p", str(host.port)]
        words += [word for option in options for word in ("-o", option)]
        line = f"bash -c {shlex.quote(command)}"
        return subprocess.run(
            [*words, f"{host.admin}@{host.address}", "--", line], input=data, capture_output=True, timeout=120
        )

    def on(self, name: str, command: str, data: bytes = b"") -> str:
        """Run a bash command on a host as its admin, and return what it says; a failure fails the test."""
        done = self.run(name, command, data)
        assert done.returncode == 0, f"on {name}: {command}\n{done.stdout.decode()}{done.stderr.decode()}"
        return done.stdout.decode().strip()

    def get(
        self,
        name: str,
        path: str = "/",
        *,
        site: str | None = None,
        method: str = "GET",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 30,
    ) -> Answer:
        """Ask a host's nginx, as a visitor of `site` (a Host header; the host's address if not given)."""
        host = self.hosts[name]
        connection = http.client.HTTPConnection(host.address, host.http_port, timeout=timeout)
        try:
            connection.request(method, path, body, {**({"Host": site} if site else {}), **(headers or {})})
            answer = connection.getresponse()
            fields = {key.lower(): value for key, value in answer.getheaders()}
            return Answer(answer.status, fields, answer.read())
        finally:
            connection.close()

    def restart(self, name: str) -> None:
        """Reboot a host in good order, and wait until it answers SSH."""
        lab.restart(self.folder, name)

    def kill(self, name: str) -> None:
        """Pull a host's plug."""
        lab.kill(self.folder, name)

    def start(self, name: str) -> None:
        """Switch a host on again, and wait until it answers SSH."""
        lab.start(self.folder, name)


def make(number: int) -> Hosts:
    """Make the lab: containers where they work, else hosts without root, unless that is forbidden.

    Args:
        number: tells apart what works at the same time on this machine.

    Raises:
        SlipwayError: no hosts of the wanted kind can be made here.
    """
    wanted, kept = os.environ.get(VARIABLE, ""), os.environ.get(KEPT, "")
    folder = Path(kept) / f"lab{number}" if kept else _own_folder()
    troubles: list[str] = []
    engines = {"": (*CONTAINERS, "local"), "container": CONTAINERS}.get(wanted, (wanted,))
    for engine in engines:
        try:
            made = lab.up(folder, engine=engine, names=NAMES, say=quietly, first_block=20 + 10 * number)
        except SlipwayError as error:
            lab.down(folder, keep_image=True, say=quietly)
            troubles.append(f"{engine}: {error.message}")
            continue
        fallback = "" if engine in CONTAINERS else "; ".join(troubles) or f"{VARIABLE}={wanted}"
        return Hosts(folder, {host.name: host for host in made}, fallback)
    shutil.rmtree(folder.parent, ignore_errors=True)
    raise SlipwayError("no hosts for the tests: " + "; ".join(troubles))


def quietly(line: str) -> None:
    """Say nothing: pytest tells what went wrong."""


def _own_folder() -> Path:
    """A folder for a lab of this process; what processes left that were killed is removed first.

    Its path is short: sockets lie below it, and their paths are limited. The lock ends with the process.
    """
    for owner in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{OWNER}"):
        lock = os.open(owner, os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue  # its process lives
        else:
            lab.down(owner.with_name("lab"), keep_image=True, say=quietly)
            shutil.rmtree(owner.parent, ignore_errors=True)
        finally:
            os.close(lock)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    fcntl.flock(os.open(folder / OWNER, os.O_RDWR | os.O_CREAT), fcntl.LOCK_EX)
    return folder / "lab"


def remove(hosts: Hosts) -> None:
    """Remove every trace of the lab but its image, which the next run starts from."""
    if os.environ.get(KEPT):
        return
    lab.down(hosts.folder, keep_image=True, say=quietly)
    shutil.rmtree(hosts.folder.parent, ignore_errors=True)
