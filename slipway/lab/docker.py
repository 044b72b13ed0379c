"""The engine docker: the daemon has no systemd mode, so each option is given separately."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from . import host_addresses
from .containers import ContainerEngine
from .run_program import run

BASIC = (
    *("--tmpfs", "/run", "--tmpfs", "/run/lock", "--env", "container=docker", "--stop-signal", "SIGRTMIN+3"),
    *("--cap-add", "NET_ADMIN"),
)
# systemd needs to write its own control groups. With version 1 it gets its own hierarchy only: given all of
# /sys/fs/cgroup it was seen to make folders there and to leave it read-only for the whole machine.
GROUPS_1 = ("--cgroupns", "host", "--volume", "/sys/fs/cgroup/systemd:/sys/fs/cgroup/systemd:rw")
GROUPS_2 = ("--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw")
MORE = ("--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined")
UNCONFINED = (*MORE, "--security-opt", "apparmor=unconfined")
PRIVILEGED = (*BASIC, "--cgroupns", "private", "--privileged")


class Docker(ContainerEngine):
    name = "docker"
    binary = "docker"
    remove_words = ("rm", "-f", "-v")

    def boot_flags(self) -> Sequence[Sequence[str]]:
        version = run(self.argv("info", "--format", "{{.CgroupVersion}}"), timeout=20).text
        groups = GROUPS_1 if version == "1" else GROUPS_2
        modest = (*BASIC, *groups)
        return (modest, (*modest, *MORE), (*modest, *UNCONFINED), PRIVILEGED)

    def look(self, address: str, port: int) -> str:
        # the daemon opens ports as root, on Linux; elsewhere it sits in a virtual machine
        return (
            host_addresses.privileged_look(address, port)
            if sys.platform == "linux"
            else host_addresses.look(address, port)
        )
