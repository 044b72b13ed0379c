"""Measure the CPU time and memory of processes, with everything that they started."""

from __future__ import annotations

import os
import re

from slipway.remote.host.proc import live, memory, stat

PSS = re.compile(r"(?m)^Pss: +([0-9]+) kB$")


def trees(roots: set[int]) -> dict[int, set[int]]:
    """Return each of some processes with all its descendants."""
    parents = {pid: state[0] for pid in live() for state in [stat(pid)] if state}
    found = {root: {root} for root in roots if root in parents}
    for pid in parents:
        line, at = [], pid
        while at in parents and at not in line:
            line.append(at)
            if at in found:
                found[at] |= set(line)
            at = parents[at]
    return found


def proportional(pid: int) -> int | None:
    """Return the memory of a process in bytes, shared pages divided by their users; None if it is hidden."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            match = PSS.search(file.read())
    except FileNotFoundError:
        return None if os.path.exists(f"/proc/{pid}") else 0
    except ProcessLookupError:
        return 0
    except OSError:
        return None
    return int(match[1]) * 1024 if match else None


def memory_of(pids: set[int]) -> tuple[int, str]:
    """Return the memory of several processes together in bytes, and how it was measured: `pss`, else `rss`."""
    shares = [proportional(pid) for pid in pids]
    if None in shares:
        return sum(memory(pid) for pid in pids), "rss"
    return sum(share for share in shares if share), "pss"


def ticks(pid: int) -> int:
    """Return the processor time of a process, with that of children which have ended, in clock ticks."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11:15])


def seconds_of(pids: set[int]) -> float:
    """Return the processor time of several processes together in seconds."""
    return sum(ticks(pid) for pid in pids) / os.sysconf("SC_CLK_TCK")
