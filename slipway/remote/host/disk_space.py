"""Measure the disk space that there is for an app."""

from __future__ import annotations

import os


def nearest(path: str) -> str:
    """Return a path, or the nearest folder above it that exists."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def disk(path: str) -> dict[str, int]:
    """Measure the file system where base is, or will be."""
    room = os.statvfs(nearest(path))
    return {
        "free": room.f_bavail * room.f_frsize,
        "total": room.f_blocks * room.f_frsize,
        "inodes": room.f_favail,
        "inodes_total": room.f_files,
    }
