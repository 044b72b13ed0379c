"""The engine docker: the daemon has no mode for systemd, so its conditions are named one by one."""

from __future__ import annotations

import sys

from . import seats
from .containers import ContainerEngine

SYSTEMD = (
    *("--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp"),  # noqa: S108 (paths in the container)
    *("--env", "container=docker", "--stop-signal", "SIGRTMIN+3"),
    *("--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"),
)
CONFINED = (*SYSTEMD, "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined")
UNCONFINED = (*CONFINED, "--security-opt", "apparmor=unconfined")
PRIVILEGED = (*SYSTEMD, "--privileged")


class Docker(ContainerEngine):
    name = "docker"
    binary = "docker"
    boot_flags = (CONFINED, UNCONFINED, PRIVILEGED)

    def look(self, address: str, port: int) -> str:
        # the daemon opens ports as root, on Linux; elsewhere it sits in a virtual machine
        return seats.privileged_look(address, port) if sys.platform == "linux" else seats.look(address, port)
