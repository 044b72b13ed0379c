"""Check the system of this host: disk space, memory, clock, updates; nothing is changed.

Options:
    base: the app's folder. room, inodes: what a release needs, in MiB and files.

Fact: `system`, a list of {check, level ("ok", "warning" or "failed"), told, remedy}.
"""

from __future__ import annotations

import os
import shutil
import sys
import time

from slipway.remote.host.disk_space import disk, nearest
from slipway.remote.host.program_io import fact, run
from slipway.remote.host.read_output_until_exit import last_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Finding = dict[str, str]

OLDEST = (3, 9)  # what the programs that travel to hosts need
MIB = 1 << 20
SMALL = 2048  # MiB of memory, under which a host without swap is at risk
SPARE = 10  # percent of the memory that shall be available
OLD_LISTS = 7 * 86400  # seconds after which apt's lists say too little
UPDATES_TIMEOUT = 20  # seconds


def main(options: dict[str, Any]) -> None:
    """Make each check; one that cannot be made is left out."""
    found = [system(), python(), *space(options), *memory(), clock(), reboot(), *updates()]
    fact("clock", f"{time.time():.3f}")
    fact("system", [finding for finding in found if finding])


def finding(check: str, level: str, told: str, remedy: str = "") -> Finding:
    """Return one result."""
    return {"check": check, "level": level, "told": told, "remedy": remedy}


def system() -> Finding:
    """Say which system it is; provision says which ones are supported."""
    told = {}
    for line in lines_of("/etc/os-release"):
        key, _, value = line.partition("=")
        told[key] = value.strip('"')
    name = told.get("PRETTY_NAME", "unknown")
    if told.get("ID") in ("debian", "ubuntu"):
        return finding("system", "ok", name)
    return finding("system", "failed", f"{name} is not supported", "Take a host with Debian or Ubuntu.")


def python() -> Finding:
    """Say which Python runs this."""
    version = ".".join(map(str, sys.version_info[:3]))
    if tuple(sys.version_info) < OLDEST:
        return finding("python", "failed", f"Python {version} is too old, 3.9 is needed", "Upgrade the host's system.")
    return finding("python", "ok", f"Python {version}")


def space(options: dict[str, Any]) -> list[Finding]:
    """Look at the file system of the app's folder."""
    place = nearest(options["base"])
    amounts = disk(place)
    free, total = amounts["free"] // MIB, amounts["total"] // MIB
    told = f"{free} of {total} MiB are free at {place}"
    remedy = "Delete what nobody needs there, lower app.keep, or give the host a larger disk."
    level = "failed" if free < options["room"] else "warning" if free < 5 * options["room"] else "ok"
    found = [finding("disk space", level, told, remedy)]
    if amounts["inodes_total"]:
        level = "failed" if amounts["inodes"] < options["inodes"] else "ok"
        found.append(finding("inodes", level, f"{amounts['inodes']} are free at {place}", "Delete small files there."))
    return found


def memory() -> list[Finding]:
    """Look at memory and swap."""
    amounts = {}
    for line in lines_of("/proc/meminfo"):
        name, _, value = line.partition(":")
        amounts[name] = int(value.split()[0]) // 1024
    total, free, swap = (amounts.get(name, 0) for name in ("MemTotal", "MemAvailable", "SwapTotal"))
    level = "warning" if free * 100 < total * SPARE else "ok"
    remedy = "During a deploy two releases run: run fewer workers, or take a larger host."
    found = [finding("memory", level, f"{free} of {total} MiB are available", remedy)]
    if total < SMALL:
        level = "ok" if swap else "warning"
        remedy = "Make a swap file of 1 GiB, so that a moment of need kills nothing."
        found.append(finding("swap", level, f"{swap} MiB of swap, {total} MiB of memory", remedy))
    return found


def clock() -> Finding:
    """See whether something keeps the clock right."""
    names = ("systemd-timesyncd", "chronyd", "ntpd", "ntpd-ng", "openntpd")
    if os.path.exists("/run/systemd/timesync/synchronized"):
        return finding("clock", "ok", "systemd-timesyncd keeps it right")
    running = next((name for name in process_names() if name in names), None)
    if running:
        return finding("clock", "ok", f"{running} keeps it right")
    if virtual():
        return finding("clock", "ok", "that of the machine that this container runs on")
    told = "nothing keeps it right: certificates and logs need the true time"
    return finding("clock", "warning", told, "sudo apt-get install systemd-timesyncd")


def virtual() -> bool:
    """Return whether this is a container, whose clock is its machine's."""
    return os.path.exists("/run/.containerenv") or os.path.exists("/run/systemd/container")


def process_names() -> list[str]:
    """Return the names of all processes."""
    return [line.strip() for pid in os.listdir("/proc") if pid.isdigit() for line in lines_of(f"/proc/{pid}/comm")]


def reboot() -> Finding:
    """See whether an update waits for a reboot."""
    if not os.path.exists("/run/reboot-required"):
        return finding("reboot", "ok", "no update waits for one")
    packages = ", ".join(sorted(set(lines_of("/run/reboot-required.pkgs")))[:5])
    told = f"updates wait for a reboot{f': {packages}' if packages else ''}"
    return finding("reboot", "warning", told, "Reboot the host when it suits you: the app starts again by itself.")


def updates() -> list[Finding]:
    """Count the security updates that wait; nothing is told where apt's lists are old, or apt is not there."""
    lists = "/var/lib/apt/lists"
    if not shutil.which("apt-get") or not os.path.isdir(lists):
        return []
    if time.time() - newest(lists) > OLD_LISTS:
        told = "the lists of packages are older than a week"
        return [finding("updates", "warning", told, "sudo apt-get update, or install unattended-upgrades")]
    argv = ["apt-get", "-s", "-o", "Debug::NoLocking=true", "dist-upgrade"]
    code, said = last_output(argv, 1 << 20, UPDATES_TIMEOUT)
    if code:
        return []
    lines = said.decode("utf-8", "replace").splitlines()
    names = [line.split()[1] for line in lines if line.startswith("Inst ") and "ecurity" in line]
    if not names:
        return [finding("updates", "ok", "no security update waits")]
    more = f"{', '.join(names[:4])}{' ...' if len(names) > 4 else ''}"
    remedy = "sudo apt-get upgrade, or install unattended-upgrades"
    return [finding("updates", "warning", f"{len(names)} security updates wait: {more}", remedy)]


def newest(folder: str) -> float:
    """Return when a folder's youngest file was changed, 0 if there is none."""
    return max((entry.stat(follow_symlinks=False).st_mtime for entry in os.scandir(folder)), default=0.0)


def lines_of(path: str) -> list[str]:
    """Return the lines of a file, none if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1 << 16).splitlines()
    except OSError:
        return []


if __name__ == "__main__":
    run(main)
