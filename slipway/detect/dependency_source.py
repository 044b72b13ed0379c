"""Defines Requirements: where an app's dependencies are written, and how they are installed."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from .local_packages import LocalPackage


class Requirements(Struct, frozen=True):
    """Where the app's dependencies are written.

    Attributes:
        kind: "requirements" for pip's format, "uv" for pyproject.toml with uv.lock, "pyproject", "locked" for other
            lock files, "poetry" for what only [tool.poetry.dependencies] says, or "none".
        roots: the files to install from. files: these and all that they include; the venv depends on each.
        names: the distributions that are named directly, normalised (PEP 503).
        folder: the one of pyproject.toml; "" is the top of the source.
        member: the member of uv's workspace that is deployed; None: all of them.
        local: the packages that lie in the commit. local_lines: by file, the lines that name some of them.
        dynamic: only a build can tell what the project depends on.
    """

    kind: Literal["requirements", "uv", "pyproject", "locked", "poetry", "none"]
    roots: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    folder: str = ""
    member: str | None = None
    local: tuple[LocalPackage, ...] = ()
    local_lines: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = ()
    dynamic: bool = False
