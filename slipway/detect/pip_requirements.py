"""Parses requirement files in pip's format, including the files that they name with -r."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from slipway.core.errors import UsageError

from .committed_files import SourceTree, text

_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s+|=|(?<=-[rc]))(?P<path>\S.*)")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_LOCAL = re.compile(r"(?:-e|--editable)(?:\s+|=)(?P<editable>\S+)|(?P<plain>\.{1,2}(?:/\S*)?|file:\S+)(?:\s|\[|$)")


def names_of(lines: Iterable[str]) -> frozenset[str]:
    """Normalised names of the distributions that requirement lines name."""
    found = (_NAME.match(line.strip()) for line in lines)
    eggs = (re.search(r"#egg=([A-Za-z0-9._-]+)", line) for line in lines)
    names = [*(match[0] for match in found if match), *(match[1] for match in eggs if match)]
    return frozenset(re.sub(r"[-_.]+", "-", name).lower() for name in names)


def read(tree: SourceTree, roots: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Follow `-r` and `-c` from the given files.

    Returns: every file that takes part, and the normalised names of the distributions that they list.

    Raises:
        UsageError: an included file is not in the tree, or a line installs code from a local folder.
    """
    files: dict[str, None] = {}
    lines: list[str] = []
    waiting = list(roots)
    while waiting:
        path = waiting.pop(0)
        if path not in files:
            files[path] = None
            included, own = _lines(tree, path)
            waiting += included
            lines += own
    return tuple(files), names_of(lines)


def _lines(tree: SourceTree, path: str) -> tuple[list[str], list[str]]:
    """The files that a requirements file includes, and its other lines."""
    included, own = [], []
    joined = re.sub(r"\\\n", " ", text(tree, path).replace("\r\n", "\n"))
    for line in joined.splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        if match := _INCLUDE.match(line):
            target = match["path"].strip().strip("'\"")
            if "://" in target:
                continue
            included.append(_included(tree, path, target))
        elif _is_local(line):
            raise UsageError(
                f"{path}: '{line}' installs from a local folder, but releases share venvs",
                hint="Remove it: the app's own folder is on Python's path already. Publish other packages.",
            )
        elif line:
            own.append(line)
    return included, own


def _included(tree: SourceTree, path: str, target: str) -> str:
    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if found not in tree.files:
        raise UsageError(f"{path} includes {target}, which is not in the commit")
    return found


def _is_local(line: str) -> bool:
    """Whether a line installs a folder: a venv that several releases use must not hold the code of one."""
    match = _LOCAL.match(line)
    target: str = (match["editable"] or match["plain"]) if match else "://"
    return "://" not in target or target.startswith("file:")
