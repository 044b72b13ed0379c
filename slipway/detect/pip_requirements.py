"""Parses requirement files in pip's format, including the files that they name with -r."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from slipway.core.errors import UsageError

from . import local_packages
from .committed_files import SourceTree, text

_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s+|=|(?<=-[rc]))(?P<path>\S.*)")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


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
    for number, whole in local_packages.joined_lines(text(tree, path)):
        line = re.sub(r"(^|\s)#.*", "", whole).strip()
        if match := _INCLUDE.match(line):
            target = match["path"].strip().strip("'\"")
            if "://" in target:
                continue
            included.append(_included(tree, path, target))
        elif local_packages.is_local(line):
            local_packages.refuse(f"{path}, line {number}", f"'{line}'")
        elif line:
            own.append(line)
    return included, own


def _included(tree: SourceTree, path: str, target: str) -> str:
    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if found not in tree.files:
        raise UsageError(f"{path} includes {target}, which is not in the commit")
    return found
