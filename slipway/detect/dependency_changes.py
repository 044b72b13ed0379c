"""Compares the packages that two commits name in their requirement and lock files, by version."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from slipway.core import toml
from slipway.core.errors import UsageError
from slipway.inventory.app import App

from .committed_files import SourceTree, text
from .dependencies import find
from .local_packages import joined_lines, normalise

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?P<version>[^;#]*)")
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")


class PackageChange(NamedTuple):
    """A package whose version differs; "" where there is none."""

    name: str
    before: str
    after: str


def dependency_changes(before: SourceTree, after: SourceTree, app: App, folder: str) -> list[PackageChange]:
    """The packages that are added, removed, or get another version.

    Args:
        folder: the one in which the app runs; "" is the top of the source.
    """
    old, new = versions(before, app, folder), versions(after, app, folder)
    changed = (name for name in sorted({*old, *new}) if old.get(name) != new.get(name))
    return [PackageChange(name, old.get(name, ""), new.get(name, "")) for name in changed]


def versions(tree: SourceTree, app: App, folder: str) -> dict[str, str]:
    """By name (PEP 503), the version of each package; as much as the files say: `4.2.1`, `>=4,<5`, or "any"."""
    try:
        files = find(tree, app, folder).files
    except UsageError:  # of an older commit, which is not deployed again
        return {}
    found: dict[str, str] = {}
    locks = [path for path in files if posixpath.basename(path) in (*_LOCKS, "Pipfile.lock")]
    for path in locks or files:
        found |= dict(_read(path, text(tree, path)))
    return found


def _read(path: str, content: str) -> Iterator[tuple[str, str]]:
    name = posixpath.basename(path)
    try:
        if name == "Pipfile.lock":
            yield from _pipfile(json.loads(content))
        elif name in _LOCKS:
            yield from _lock(toml.parse(content))
        elif name == "pyproject.toml":
            yield from _project(toml.parse(content))
        elif not name.endswith((".py", ".cfg")):
            yield from _lines(line for _, _, line in joined_lines(content))
    except (ValueError, TypeError, AttributeError, UsageError):
        return  # what cannot be read stops the deploy itself, and says so there


def _pipfile(document: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    packages = document.get("default")
    for name, item in packages.items() if isinstance(packages, dict) else ():
        yield normalise(name), str(item.get("version") or item.get("ref") or "any").removeprefix("==")


def _lock(document: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    packages = document.get("package") or document.get("packages")
    for item in packages if isinstance(packages, list) else ():
        yield normalise(str(item["name"])), str(item.get("version") or "any")


def _project(document: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    project = document.get("project")
    listed = project.get("dependencies") if isinstance(project, dict) else None
    yield from _lines(map(str, listed if isinstance(listed, list) else ()))


def _lines(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        words = re.sub(r"(^|\s)#.*|\s--hash=\S+", "", line).strip()
        match = _REQUIREMENT.match(words) if not words.startswith("-") else None
        if match:
            version = match["version"].strip().rstrip("\\").strip()
            yield normalise(match["name"]), (version.removeprefix("==").strip() if version else "any")
