"""A small disk of its own for an app, which a test can fill or make read-only."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.hosts.hosts import Hosts

SIZE = "300m"  # the survey wants 200 MiB free
INODES = 16_000  # and 10,000 of these
SMALL = "/srv/.small"

# As on most servers, where one disk holds everything, what is temporary lies on the same one.
MAKE = """
mkdir -p {small} {base}
mount -t tmpfs -o size={size},nr_inodes={inodes},mode=755 small {small}
mkdir -m 755 {small}/app
mkdir -m 1777 {small}/tmp
mount --bind {small}/app {base}
mount --bind {small}/tmp /tmp
"""
TAKE = "umount -l /tmp; umount -l {base}; umount -l {small}; rmdir {base} {small}"

# A disk on which files are held open does not become read-only by a remount; a second mount over it has no such files.
LOCK = "mount --bind {base} {base} && mount -o remount,ro,bind {base}"
UNLOCK = "umount -l {base}"

# Not a byte and not a file more; it is all below one folder.
FILL = """
mkdir BASE/.fill
python3 -I - BASE/.fill <<'SLIPWAY_FILL'
import os, sys
os.chdir(sys.argv[1])
with open("big", "wb") as big:
    for _ in range(1000):  # others may write meanwhile
        room = os.statvfs(".")
        try:
            os.posix_fallocate(big.fileno(), os.fstat(big.fileno()).st_size, room.f_bavail * room.f_frsize)
        except OSError:
            if room.f_bavail:
                continue
        break
try:
    for number in range(100_000):
        open(str(number), "x").close()
except OSError:
    pass
SLIPWAY_FILL
"""


@contextmanager
def small_disks(hosts: Hosts, names: tuple[str, ...], base: str) -> Iterator[None]:
    """Give an app that is not there yet a disk of its own on some hosts; skip the test where that is impossible."""
    words = {"small": SMALL, "base": base, "size": SIZE, "inodes": INODES}
    try:
        for name in names:
            mounting(hosts, name, MAKE.format(**words))
        yield
    finally:
        for name in names:
            _inside(hosts, name, TAKE.format(**words))


def mounting(hosts: Hosts, name: str, command: str) -> None:
    """Run a command that mounts something on a host, which nobody inside a container may."""
    done = _inside(hosts, name, f"set -e\n{command}")
    if done.returncode:
        pytest.skip(f"nothing can be mounted on the lab's hosts here: {done.stderr.strip()}")


def _inside(hosts: Hosts, name: str, command: str) -> subprocess.CompletedProcess[str]:
    host = hosts[name]
    if not host.container:
        return subprocess.CompletedProcess([], 1, "", f"{name} is no container")
    inspect = [host.engine, "inspect", "--format", "{{.State.Pid}}", host.container]
    pid = subprocess.run(inspect, capture_output=True, text=True, check=True).stdout.strip()
    words = ["nsenter", "-t", pid, "-m", "-p", "bash", "-c", command]  # by -p, for /proc/self/mountinfo
    return subprocess.run(words, capture_output=True, text=True, check=False)
