"""Finds the options that containers need on this machine: which runtime, which limits.

Two things were met in practice. Where the kernel offers control groups of both versions at once (hybrid),
crun refuses and runc works. Where this machine itself lacks CAP_SYS_RESOURCE (a container or a small
virtual machine), no limit can be raised, so the engine's default limits fail: lower ones must be named.
"""

from __future__ import annotations

import resource
import shutil
import sys
from pathlib import Path

CAP_SYS_RESOURCE = 24

Way = tuple[tuple[str, ...], tuple[str, ...]]


def limit_flags(nofile: int, nproc: int) -> tuple[str, ...]:
    """Limits that need no privilege: not above what this machine's processes have (-1: unlimited)."""
    files = 4096 if nofile < 0 else min(4096, nofile)
    processes = 10000 if nproc < 0 else min(10000, nproc)
    return ("--ulimit", f"nofile={min(1024, files)}:{files}", "--ulimit", f"nproc={processes}:{processes}")


def ways(lower: tuple[str, ...], *, runc: bool, hybrid: bool, capable: bool) -> list[Way]:
    """Ways to run a container, most likely first: (flags of the engine, flags of the container).

    Args:
        lower: flags that lower the limits.
        runc: whether `--runtime runc` can be asked for.
        hybrid: control groups are not purely version 2.
        capable: limits may be raised.
    """
    runtimes: list[tuple[str, ...]] = [(), ("--runtime", "runc")] if runc else [()]
    limits: list[tuple[str, ...]] = [(), lower]
    if hybrid:
        runtimes.reverse()
    if not capable:
        limits.reverse()
    return [(runtime, limit) for limit in limits for runtime in runtimes]


def ways_here(engine: str) -> list[Way]:
    """The ways to try on this machine, by what can be seen of it."""
    nofile, nproc = resource.getrlimit(resource.RLIMIT_NOFILE)[1], resource.getrlimit(resource.RLIMIT_NPROC)[1]
    return ways(
        limit_flags(nofile, nproc),
        runc=engine == "podman" and _has_runc(),
        hybrid=sys.platform == "linux" and not Path("/sys/fs/cgroup/cgroup.controllers").exists(),
        capable=engine != "podman" or _may_raise_limits(),
    )


def _has_runc() -> bool:
    return shutil.which("runc", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") is not None


def _may_raise_limits() -> bool:
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return True
    held = next((line.split()[1] for line in lines if line.startswith("CapEff:")), "0")
    return bool(int(held, 16) >> CAP_SYS_RESOURCE & 1)
