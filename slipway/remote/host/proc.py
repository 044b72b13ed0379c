"""Read processes from /proc, as any user of the host can see them."""

from __future__ import annotations

import os


def stat(pid: int) -> tuple[int, int, int] | None:
    """Return (parent, process group, session) of a live process, None if there is none; zombies are not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else (int(fields[1]), int(fields[2]), int(fields[3]))


def children(pid: int) -> set[int]:
    """Return the pids of the children of a process; nothing where the kernel does not tell."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return {int(child) for child in file.read().split()}
    except OSError:
        return set()


def live() -> list[int]:
    """Return the pids of all processes."""
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def owner(pid: int) -> int | None:
    """Return the real user id of a process."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("Uid:")), None)
    except OSError:
        return None


def kill_group(group: int, user: int) -> None:
    """SIGKILL the processes of a group that belong to an account; by sudo as that account, if it is another than ours.

    Which group it is, the app may have said: nobody else's process is ended, whatever group it is in.
    """
    if group <= 1:
        raise ValueError(f"{group} is no process group of an app")
    from signal import SIGKILL

    try:
        if user == os.geteuid():
            os.killpg(group, SIGKILL)
            return
        os.killpg(group, 0)
    except ProcessLookupError:
        return
    except PermissionError:
        pass
    as_user(user, ["kill", "-KILL", "--", f"-{group}"])


def as_user(user: int, command: list[str]) -> str:
    """Run a command as another user by sudo, which never asks; return its output, "" if it could not."""
    import subprocess

    done = subprocess.run(
        ["sudo", "-n", "-u", f"#{user}", "--", *command],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.stdout


def memory(pid: int) -> int:
    """Return the resident memory of a process in bytes, 0 if it is gone."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def started(pid: int) -> float | None:
    """Return when a process was started (epoch), None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
        with open("/proc/stat", encoding="ascii") as file:
            boot = next(int(line.split()[1]) for line in file if line.startswith("btime "))
    except (OSError, StopIteration):
        return None
    return boot + ticks / os.sysconf("SC_CLK_TCK")


def locked(path: str) -> bool:
    """Say whether somebody holds a lock (flock) of a file, without touching the lock."""
    try:
        inode = os.stat(path).st_ino
        with open("/proc/locks", encoding="ascii") as file:
            return any(line.split()[-3].rpartition(":")[2] == str(inode) for line in file if " FLOCK " in line)
    except OSError:
        return False
