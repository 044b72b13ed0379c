"""The engine docker: the daemon has no mode for systemd, so its conditions are named one by one."""

from __future__ import annotations

import sys

from . import seats
from .containers import ContainerEngine

BASIC = (
    *("--tmpfs", "/run", "--tmpfs", "/run/lock"),
    *("--env", "container=docker", "--stop-signal", "SIGRTMIN+3"),
)
GROUPS = ("--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw")
CAPABLE = ("--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--security-opt", "seccomp=unconfined")
CONFINED = (*BASIC, *GROUPS, *CAPABLE)
UNCONFINED = (*CONFINED, "--security-opt", "apparmor=unconfined")
PRIVILEGED = (*BASIC, "--cgroupns", "private", "--privileged")


class Docker(ContainerEngine):
    name = "docker"
    binary = "docker"
    boot_flags = (CONFINED, UNCONFINED, PRIVILEGED)

    def look(self, address: str, port: int) -> str:
        # the daemon opens ports as root, on Linux; elsewhere it sits in a virtual machine
        return seats.privileged_look(address, port) if sys.platform == "linux" else seats.look(address, port)
