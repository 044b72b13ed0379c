"""Parses requirement files in pip's format, including the files that they name with -r."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from msgspec import Struct

from slipway.core.errors import UsageError

from . import local_packages
from .committed_files import SourceTree, text
from .local_packages import LocalPackage

_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s+|=|(?<=-[rc]))(?P<path>\S.*)")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


class RequirementFiles(Struct):
    """What requirement files say.

    Attributes:
        files: every one that takes part. names: normalised, of the distributions that they list.
        local: packages that lie in the commit, and by file the first and last number of each line that names one.
    """

    files: list[str]
    names: frozenset[str]
    local: list[LocalPackage]
    local_lines: dict[str, list[tuple[int, int]]]
    others: list[str]


def names_of(lines: Iterable[str]) -> frozenset[str]:
    """Normalised names of the distributions that requirement lines name."""
    found = (_NAME.match(line.strip()) for line in lines)
    eggs = (re.search(r"#egg=([A-Za-z0-9._-]+)", line) for line in lines)
    names = [*(match[0] for match in found if match), *(match[1] for match in eggs if match)]
    return frozenset(re.sub(r"[-_.]+", "-", name).lower() for name in names)


def read(tree: SourceTree, roots: tuple[str, ...]) -> RequirementFiles:
    """Follow `-r` and `-c` from the given files.

    Raises:
        UsageError: an included file, or a package that lies in the commit, is not there.
    """
    found = RequirementFiles([], frozenset(), [], {}, [])
    waiting = list(roots)
    while waiting:
        path = waiting.pop(0)
        if path not in found.files:
            found.files.append(path)
            waiting += _read(tree, path, found)
    found.names = names_of(found.others)
    return found


def _read(tree: SourceTree, path: str, found: RequirementFiles) -> list[str]:
    """Add what one file says; returns the files that it includes."""
    included = []
    for begin, end, whole in local_packages.joined_lines(text(tree, path)):
        line = re.sub(r"(^|\s)#.*", "", whole).strip()
        if match := _INCLUDE.match(line):
            target = match["path"].strip().strip("'\"")
            if "://" not in target or target.lower().startswith("file:"):
                included.append(_included(tree, path, target))
        elif local := local_packages.parse_line(line):
            folders = (posixpath.dirname(path), "")
            place = f"{path}, line {begin}"
            at = local_packages.resolve(tree, place, local.target, folders)
            found.local.append(LocalPackage(at, "listed", local.extras, local.marker))
            found.local_lines.setdefault(path, []).append((begin, end))
        elif line:
            found.others.append(line)
    return included


def _included(tree: SourceTree, path: str, target: str) -> str:
    if "$" in target or "/../" in re.sub(r"^(\.{1,2}/)+", "", target):
        # uv would put variables in, and go up from where a link leads: to other files than those that are looked at
        raise UsageError(
            f"{path} includes {target}, which may be another file on the host",
            hint="Write its path as it is seen from that file, without variables and links.",
        )
    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if found not in tree.files:
        raise UsageError(
            f"{path} includes {target}, which is not in the commit", hint="Commit it, or take the line out."
        )
    return found
