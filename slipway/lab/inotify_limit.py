"""Checks whether the inotify limit of this machine allows another host with systemd.

Where they run out, a host neither boots nor says why: systemd waits for ever with all its jobs queued. Seen with
25 hosts and the usual limit of 128.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")
FOR_EACH_HOST = 6


def shortage(hosts: int) -> str:
    """Why no more hosts can boot here; empty if they can, or if that is unknown.

    Only root's own allowance can be tried, and only root's containers use it.

    Args:
        hosts: how many hosts are about to boot.
    """
    if sys.platform != "linux" or os.geteuid() != 0 or _free(hosts * FOR_EACH_HOST):
        return ""
    limit = LIMIT.read_text(encoding="ascii").strip() if LIMIT.exists() else "?"
    return f"too many systems run here already (fs.inotify.max_user_instances is {limit})"


def remedy() -> str:
    """What the machine's owner can do about it."""
    return "end other labs or containers, or: sysctl -w fs.inotify.max_user_instances=1024"


def _free(count: int) -> bool:
    """Whether so many instances can be had now; they are given back at once."""
    library = ctypes.CDLL(None, use_errno=True)
    opened: list[int] = []
    try:
        for _ in range(count):
            handle = int(library.inotify_init1(os.O_CLOEXEC))
            if handle < 0:
                return False
            opened.append(handle)
        return True
    finally:
        for handle in opened:
            os.close(handle)
