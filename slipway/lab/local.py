"""The engine local: no containers, but a real sshd as the current user, below the lab's folder.

Such a host is rootless: whoever makes the lab is its only account, and everything lies beneath `root`.
"""

from __future__ import annotations

import getpass
import json
import os
import shutil
import signal
from collections.abc import Collection
from pathlib import Path

from slipway.core.errors import UsageError

from . import find_local_processes, host_addresses, inherited_settings, local_sshd
from .engine import PAUSED, RUNNING, STOPPED, UNFINISHED, Found, Lab, Say
from .host_addresses import HostAddress
from .run_program import run
from .ssh_keys import IDENTITY, KNOWN_HOSTS, make_pair
from .state import LabHost

ENDPOINT = "seat.json"
# Unix sockets have paths of at most 107 bytes, and a release's socket lies about 50 below the root.
LONGEST_ROOT = 58
PATIENCE = 8.0


class Local:
    """Hosts as folders of the lab, each with its own sshd, key and port."""

    name = "local"

    def trouble(self) -> str:
        return "" if local_sshd.find_sshd() else "sshd is not installed"

    def ready(self, lab: Lab, count: int, say: Say) -> None:
        longest = lab.folder / "lab10" / "srv"
        if len(os.fsencode(longest)) > LONGEST_ROOT:
            raise UsageError(
                f"the path {lab.folder} is too long for the sockets that would lie in it",
                hint="work in a folder with a shorter path, or with containers.",
            )

    def found(self, lab: Lab) -> dict[str, Found]:
        hosts: dict[str, Found] = {}
        for home in sorted(lab.folder.iterdir()) if lab.folder.is_dir() else []:
            if home.is_dir() and not home.name.startswith("."):
                hosts[home.name] = _found(home)
        return hosts

    def held(self) -> set[HostAddress]:
        return set()

    def look(self, address: str, port: int) -> str:
        return host_addresses.FORBIDDEN if port < 1024 else host_addresses.look(address, port)

    def make(self, lab: Lab, name: str, endpoint: HostAddress) -> None:
        home = lab.folder / name
        (home / "srv").mkdir(mode=0o755, parents=True)
        make_pair(home / local_sshd.HOST_KEY, f"{getpass.getuser()}@{name}")
        shutil.copyfile((lab.folder / IDENTITY).with_suffix(".pub"), home / "authorized_keys")
        settings = inherited_settings.pip_settings(os.environ, Path.home())
        bundle = inherited_settings.told_bundle(os.environ)
        variables = inherited_settings.environment(os.environ, settings, bundle, same_machine=True)
        user = getpass.getuser()
        text = local_sshd.render_config(home, endpoint, user, variables, pam=local_sshd.needs_pam(user))
        (home / local_sshd.CONFIG).write_text(text, encoding="utf-8")
        (home / ENDPOINT).write_text(json.dumps([endpoint.address, endpoint.ssh, endpoint.http]), encoding="ascii")
        local_sshd.start(home)

    def start(self, lab: Lab, name: str) -> None:
        """Start sshd, and what an account's crontab would start at boot."""
        home = lab.folder / name
        local_sshd.start(home)
        boot = home / "srv" / ".slipway" / "start"
        if os.access(boot, os.X_OK):
            run(["env", f"{local_sshd.MARK}={home}", boot], timeout=60)

    def restart(self, lab: Lab, name: str) -> None:
        find_local_processes.end(lab.folder / name, PATIENCE)
        self.start(lab, name)

    def kill(self, lab: Lab, name: str) -> None:
        find_local_processes.end(lab.folder / name, 0)

    def pause(self, lab: Lab, name: str) -> None:
        find_local_processes.send(find_local_processes.of_host(lab.folder / name), signal.SIGSTOP)

    def unpause(self, lab: Lab, name: str) -> None:
        find_local_processes.send(find_local_processes.of_host(lab.folder / name), signal.SIGCONT)

    def disconnect(self, lab: Lab, name: str) -> None:
        """End sshd and its connections; without a network of its own, the host's nginx still answers."""
        every, ours = find_local_processes.all_processes(), find_local_processes.of_host(lab.folder / name)
        find_local_processes.kill(pid for pid in ours & set(every) if every[pid].command.startswith("sshd"))

    def reconnect(self, lab: Lab, name: str) -> None:
        local_sshd.start(lab.folder / name)

    def host_key(self, lab: Lab, name: str) -> str:
        return (lab.folder / name / local_sshd.HOST_KEY).with_suffix(".pub").read_text(encoding="utf-8")

    def log(self, lab: Lab, name: str) -> str:
        return local_sshd.last_lines(lab.folder / name)

    def remove(self, lab: Lab, names: Collection[str]) -> None:
        for name in names:
            home = lab.folder / name
            find_local_processes.end(home, 0)
            shutil.rmtree(home, ignore_errors=True)

    def clear(self, lab: Lab, keep_image: bool) -> None:
        """There is nothing else."""

    def describe(self, lab: Lab, found: Found) -> LabHost:
        user = getpass.getuser()
        return LabHost(
            name=found.name,
            address=found.endpoint.address,
            port=found.endpoint.ssh,
            http_port=found.endpoint.http,
            admin=user,
            identity=str(lab.folder / IDENTITY),
            known_hosts=str(lab.folder / KNOWN_HOSTS),
            engine=self.name,
            rootless=True,
            root=str(lab.folder / found.name / "srv"),
            user=user,
        )


def _found(home: Path) -> Found:
    try:
        address, ssh, http = json.loads((home / ENDPOINT).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return Found(home.name, HostAddress("", 0, 0), UNFINISHED)
    return Found(home.name, HostAddress(address, ssh, http), _state(home))


def _state(home: Path) -> str:
    try:
        pid = int((home / local_sshd.PID_FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return STOPPED
    state, _, command = run(["ps", "-ww", "-o", "stat=,args=", "-p", str(pid)], timeout=10).text.partition(" ")
    if str(home / local_sshd.CONFIG) not in command:
        return STOPPED
    return PAUSED if state.startswith("T") else RUNNING
