"""Reads which packages of the commit a uv.lock needs for one member of its workspace."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from typing import Any

from slipway.core import toml
from slipway.core.errors import UsageError

from .committed_files import SourceTree, join, text
from .local_packages import LocalPackage, normalise
from .project_metadata import read_project, table


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
        packages = _tables(path, toml.parse(text(tree, path)), "package")
    except ValueError as error:
        raise UsageError(f"{path}: {error}", hint="Run `uv lock`, and commit.") from None
    by_name: dict[str, list[dict[str, Any]]] = {}
    for item in packages:
        by_name.setdefault(str(item.get("name")), []).append(item)
    own = [str(item.get("name")) for item in packages if {"editable", "virtual"} & table(item, "source").keys()]
    start = own if member is None else [normalise(member)]
    found: dict[str, LocalPackage] = {}
    for item in _reached(path, by_name, start, extras, groups):
        if package := _local(tree, path, folder, item, own):
            found[package.path] = package
    return tuple(found.values())


def _tables(path: str, item: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of tables inside a table; empty where there is none.

    Raises:
        UsageError: it is something else.
    """
    found = item.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        where = f" of package {item['name']}" if "name" in item else ""
        raise UsageError(f"{path}: {key}{where} is not a list of tables", hint="Make it anew: `uv lock`.")
    return found


def _reached(
    path: str,
    by_name: dict[str, list[dict[str, Any]]],
    start: list[str],
    extras: Collection[str],
    groups: Collection[str],
) -> Iterator[dict[str, Any]]:
    """The locked packages that some of them need, and these."""
    waiting = [(name, extra) for name in start for extra in ("", *extras)]
    seen = set(waiting)
    for name, extra in waiting:
        for item in by_name.get(name, []):
            optional = table(item, "optional-dependencies")
            needs = [*(_tables(path, optional, extra) if extra else _tables(path, item, "dependencies"))]
            if not extra:
                yield item
            if name in start:
                needs += [need for group in groups for need in _tables(path, table(item, "dev-dependencies"), group)]
            for need in needs:
                more = need.get("extra")
                for wanted in ("", *(map(str, more) if isinstance(more, list) else ())):
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
