"""Reads which packages of the commit a uv.lock needs for one member of its workspace."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from typing import Any

from slipway.core import toml
from slipway.core.errors import UsageError

from .committed_files import SourceTree, join, text
from .local_packages import LocalPackage, normalise
from .project_files import read_project, table


def local_packages(
    tree: SourceTree, folder: str, member: str | None, extras: Collection[str], groups: Collection[str]
) -> tuple[LocalPackage, ...]:
    """The packages that lie in the commit and that the project needs; uv installs all the others.

    Args:
        folder: the one of uv.lock. member: a name; None: every member, for a workspace whose root is no project.

    Raises:
        UsageError: uv.lock cannot be read, or names what is not in the commit.
    """
    path = join(folder, "uv.lock")
    try:
        packages = [item for item in toml.parse(text(tree, path)).get("package", []) if isinstance(item, dict)]
    except ValueError as error:
        raise UsageError(f"{path}: {error}", hint="Run `uv lock`, and commit.") from None
    by_name: dict[str, list[dict[str, Any]]] = {}
    for item in packages:
        by_name.setdefault(str(item.get("name")), []).append(item)
    own = [str(item.get("name")) for item in packages if {"editable", "virtual"} & table(item, "source").keys()]
    start = own if member is None else [normalise(member)]
    found: dict[str, LocalPackage] = {}
    for item in _reached(by_name, start, extras, groups):
        if package := _local(tree, path, folder, item, own):
            found[package.path] = package
    return tuple(found.values())


def _reached(
    by_name: dict[str, list[dict[str, Any]]], start: list[str], extras: Collection[str], groups: Collection[str]
) -> Iterator[dict[str, Any]]:
    """The locked packages that some of them need, and these."""
    waiting = [(name, extra) for name in start for extra in ("", *extras)]
    seen = set(waiting)
    for name, extra in waiting:
        for item in by_name.get(name, []):
            needs = list(table(item, "optional-dependencies").get(extra, []) if extra else item.get("dependencies", []))
            if not extra:
                yield item
            if name in start:
                needs += [need for group in groups for need in table(item, "dev-dependencies").get(group, [])]
            for need in needs:
                for wanted in ("", *need.get("extra", ())):
                    if (pair := (str(need.get("name")), wanted)) not in seen:
                        seen.add(pair)
                        waiting.append(pair)


def _local(tree: SourceTree, lock: str, folder: str, item: dict[str, Any], own: list[str]) -> LocalPackage | None:
    source = table(item, "source")
    kind = next((kind for kind in ("editable", "directory", "path", "virtual") if kind in source), None)
    if kind is None:
        return None
    path = posixpath.normpath(posixpath.join(folder, str(source[kind])))
    path = "" if path == "." else path
    if path in tree.files:
        return LocalPackage(path, "alone")
    project = read_project(tree, path) if not path.startswith(("..", "/")) else None
    if project is None:
        hint = "Commit its folder, with its pyproject.toml, inside of the app's source; then run `uv lock`."
        raise UsageError(f"{lock}: {item.get('name')} ({source[kind]}) is not a package in the commit", hint=hint)
    return LocalPackage(path, "alone") if kind != "virtual" else None
