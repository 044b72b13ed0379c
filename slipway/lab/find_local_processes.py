"""Finds the processes of one host of the engine `local`: those that were started on it, and no others.

A session on the host carries a mark in its environment, which everything started there inherits. Programs
that write their title over their environment (nginx, gunicorn with setproctitle) are known by what they
were started by, or by working, writing or having their configuration beneath the host's folder; none of
this counts for a process with a terminal: a developer may well have an editor or a pager open on a file there.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .local_sshd import MARK
from .run_program import run

# Others may name a path of the host because they talk to it: git, rsync.
TITLES = ("sshd:", "nginx:")
ROUNDS = 5
WRITES = os.O_WRONLY | os.O_RDWR


@dataclass(frozen=True)
class Process:
    """One process of this machine; `terminal` tells whether it has one."""

    pid: int
    parent: int
    terminal: bool
    command: str


def all_processes() -> dict[int, Process]:
    """What runs on this machine, by process id."""
    found: dict[int, Process] = {}
    for line in run(["ps", "-A", "-ww", "-o", "pid=,ppid=,tty=,args="], timeout=30).text.splitlines():
        words = line.split(None, 3)
        if len(words) == 4:
            pid, parent = int(words[0]), int(words[1])
            found[pid] = Process(pid, parent, words[2] not in ("?", "??", "-"), words[3])
    return found


def of_host(home: Path) -> set[int]:
    """The processes that were started on the host in this folder, with all that descends from them."""
    every = all_processes()
    ours = _lineage(every, os.getpid())
    roots = {pid for pid, process in every.items() if pid not in ours and _belongs(process, home)}
    return {pid for pid in every if _lineage(every, pid) & roots} - ours


def end(home: Path, patience: float) -> None:
    """End everything on the host in this folder.

    Args:
        patience: seconds that it has to end by itself; with none it is killed at once, as by a power cut.
    """
    if patience:
        asked = of_host(home)
        send(asked, signal.SIGTERM)
        gone(asked, patience)
    for _ in range(ROUNDS):
        left = of_host(home)
        if not left:
            return
        # First frozen: a parent whose worker is killed would start another one.
        send(left, signal.SIGSTOP)
        left |= of_host(home)
        kill(left)


def kill(pids: Iterable[int]) -> None:
    """Kill processes and wait until they are gone."""
    doomed = set(pids)
    send(doomed, signal.SIGKILL)
    gone(doomed, 5.0)


def gone(pids: Iterable[int], patience: float) -> bool:
    """Wait until processes have ended; False if some have not within `patience` seconds."""
    left, deadline = set(pids), time.monotonic() + patience
    while left := {pid for pid in left if _alive(pid)}:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def send(pids: Iterable[int], kind: signal.Signals) -> None:
    """Send a signal to each; those that are gone already do not matter."""
    for pid in pids:
        try:
            os.kill(pid, kind)
        except (ProcessLookupError, PermissionError):
            continue


def _alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be noticed by its parent does not."""
    if Path("/proc/self").exists():
        return _read(Path("/proc") / str(pid) / "stat").rpartition(") ")[2][:1] not in ("", "Z", "X")
    state = run(["ps", "-o", "stat=", "-p", str(pid)], timeout=10).text
    return bool(state) and not state.startswith("Z")


def _lineage(every: dict[int, Process], pid: int) -> set[int]:
    """A process and those it descends from, without the first process of the machine."""
    line: set[int] = set()
    while pid > 1 and pid in every and pid not in line:
        line.add(pid)
        pid = every[pid].parent
    return line


def _belongs(process: Process, home: Path) -> bool:
    proc = Path("/proc") / str(process.pid)
    if f"{MARK}={home}" in _read(proc / "environ").split("\0"):
        return True
    if process.terminal:
        return False
    below = f"{home}/"
    titled = process.command.startswith(TITLES) or not proc.exists()
    return (titled and below in process.command) or f"{_link(proc / 'cwd')}/".startswith(below) or _writes(proc, below)


def _writes(proc: Path, below: str) -> bool:
    try:
        handles = [entry.name for entry in (proc / "fd").iterdir()]
    except OSError:
        return False
    for handle in handles:
        if _link(proc / "fd" / handle).startswith(below):
            flags = [line.split()[1] for line in _read(proc / "fdinfo" / handle).splitlines() if "flags:" in line]
            if flags and int(flags[0], 8) & WRITES:
                return True
    return False


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _link(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
