"""Sets up what is measured: lab hosts, a repository, and the app twice on each host, once for each tool."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from slipway import lab
from slipway.lab import LabHost

ROOT = Path(__file__).resolve().parents[1]
FAB = ROOT / "fab"
SLIPWAY, SCRIPT = "viafab", "viabash"

_CONFIG = """\
app={name}
repo={work}/app
domain={name}.test
health=/healthz
env_file={work}/script.env
identity={identity}
known_hosts={known_hosts}
control={work}/control
linked=data
static_inputs='*/static/* hello/settings.py requirements.txt'
migrate_inputs='*/migrations/* hello/settings.py requirements.txt'
"""

_INVENTORY = """\
default = "n1"
[app]
name = "{name}"
source = "app"
domains = ["{name}.test"]
health = "/healthz"
linked_dirs = ["data"]
{more}
[env]
SECRET_KEY = "for the benchmark only"
[ssh]
host_keys = "refuse"
identity = "{identity}"
known_hosts = "{known_hosts}"
"""

# Everything that a deploy leaves, so that the next one is the first; what `fab provision` made stays.
_FORGET = """set -eu
cd /srv/{name}
rm -f supervisor.d/* current standby undo* migrated history.jsonl
systemctl restart slipway-{name}
rm -rf releases/* venvs/* static/* env/* tasks/* shared/* cache/* repo.git/*
"""


@dataclass(frozen=True)
class World:
    """One benchmark's folder and hosts.

    Attributes:
        work: the folder; holds the lab, the app's repository and all settings.
        sizes: the numbers of hosts that deploys go to; host groups are called n1, n2, ...
    """

    work: Path
    hosts: list[LabHost]
    sizes: list[int]

    def inventory(self, name: str, port: int) -> Path:
        """The inventory of an app, with hosts at their SSH port or another one; `worker` adds a worker process."""
        return self.work / f"{name}-{port}.toml"

    @property
    def config(self) -> Path:
        """What deploy.sh reads."""
        return self.work / "script.conf"

    def change(self) -> None:
        """Commit a change of one file, as the next deploy's reason."""
        repo = self.work / "app"
        with (repo / "guestbook" / "views.py").open("a") as file:
            file.write("# changed\n")
        _git(repo, "commit", "-qam", "Change one file")

    def forget(self, name: str, count: int) -> None:
        """Make the first `count` hosts forget every deploy of an app."""
        for host in self.hosts[:count]:
            self.root(host, _FORGET.format(name=name))

    def root(self, host: LabHost, script: str) -> str:
        """Run a script on a host as root; return its output."""
        options = ["-F", "/dev/null", "-i", host.identity, "-o", f"UserKnownHostsFile={host.known_hosts}"]
        argv = ["ssh", *options, "-p", str(host.port), f"root@{host.address}", "bash -s"]
        return subprocess.run(argv, input=script, text=True, check=True, stdout=subprocess.PIPE).stdout


def make(work: Path, sizes: list[int], ports: list[int]) -> World:
    """Make the hosts, the app and the settings, and provision the hosts for both apps; whatever is there stays."""
    hosts = lab.up(work / ".lab", count=max(sizes), first_block=60, say=_say)
    world = World(work, hosts, sizes)
    if not (work / "app").exists():
        _make_app(work / "app")
    known = work / "known_hosts"
    lines = Path(hosts[0].known_hosts).read_text().splitlines()
    aliases = (f"[{a}]:{port} {key}" for port in ports for a, _, key in (line.partition(" ") for line in lines))
    known.write_text("\n".join([*lines, *aliases, ""]))
    values = {"work": work, "identity": hosts[0].identity, "known_hosts": known}
    world.config.write_text(_CONFIG.format(name=SCRIPT, **values))
    (work / "script.env").write_text("export SECRET_KEY='for the benchmark only'\n")
    worker = '[app.processes]\nticker = "python manage.py tick"'
    for name, app, more in ((SLIPWAY, SLIPWAY, ""), (SCRIPT, SCRIPT, ""), ("worker", SLIPWAY, worker)):
        for port in (hosts[0].port, *ports):
            text = _INVENTORY.format(name=app, more=more, **values) + _groups(hosts, sizes, port)
            world.inventory(name, port).write_text(text)
    for name in (SLIPWAY, SCRIPT):
        subprocess.run([FAB, "provision", f"--hosts=n{max(sizes)}"], env=environment(world, name), cwd=ROOT, check=True)
    for host in hosts:  # sshd tells at this level which commands it was asked to run
        world.root(host, "echo LogLevel VERBOSE > /etc/ssh/sshd_config.d/10-benchmark.conf; systemctl reload ssh")
    return world


def environment(world: World, name: str, port: int = 22) -> dict[str, str]:
    """The environment in which fab finds an inventory, and may keep bytecode as it does for its users."""
    ours = {"PYTHONPATH": str(ROOT), "SLIPWAY_INVENTORY": str(world.inventory(name, port))}
    return {**os.environ, **ours, "PYTHONDONTWRITEBYTECODE": ""}


def _make_app(folder: Path) -> None:
    keep = shutil.ignore_patterns("*.sqlite3*", "__pycache__", "staticfiles")
    shutil.copytree(ROOT / "examples" / "hello", folder, ignore=keep)
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "add", ".")
    _git(folder, "commit", "-qm", "Begin")


def _groups(hosts: list[LabHost], sizes: list[int], port: int) -> str:
    groups = (f"[groups.n{n}]\nhosts = [{', '.join(repr(host.name) for host in hosts[:n])}]\n" for n in sizes)
    tables = (f'[hosts.{host.name}]\naddress = "{host.address}"\nport = {port}\n' for host in hosts)
    return "".join([*groups, *tables])


def _git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
