"""Finds the files that declare the app's dependencies, and reads which packages they name."""

from __future__ import annotations

import posixpath
from typing import Any, Literal

from msgspec import Struct

from slipway.core import toml
from slipway.core.errors import UsageError
from slipway.inventory.app import App

from . import local_packages
from .committed_files import SourceTree, join, text
from .pip_requirements import names_of, read

# What is taken if there is no requirements.txt, best first.
USUAL = (
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements-prod.txt",
    "requirements/base.txt",
)


class Requirements(Struct, frozen=True):
    """Where the app's dependencies are written.

    Attributes:
        kind: "requirements" for pip's format, "uv" for pyproject.toml with uv.lock, "pyproject", or "none".
        roots: the files to install from. files: these and all that they include; the venv depends on each.
        names: the distributions that are named directly, normalised (PEP 503).
        folder: the one of pyproject.toml; "" is the top of the source.
    """

    kind: Literal["requirements", "uv", "pyproject", "none"]
    roots: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    folder: str = ""


def find(tree: SourceTree, app: App, chdir: str) -> Requirements:
    """Dependencies in `chdir`, else at the top of the tree; what the app's settings name wins.

    Raises:
        UsageError: a file is missing or in a format that cannot be installed from.
    """
    if app.requirements:
        for path in app.requirements:
            if path not in tree.files:
                raise UsageError(f"app.requirements: {path} is not in the commit")
        return _given(tree, app.requirements)
    for folder in dict.fromkeys((chdir, "")):
        found = _in(tree, folder)
        if found:
            return found
    return Requirements("none")


def _given(tree: SourceTree, paths: tuple[str, ...]) -> Requirements:
    folder, name = posixpath.split(paths[0])
    if name in ("uv.lock", "pyproject.toml"):
        found = _project(tree, folder)
        if len(paths) > 1 or not found:
            raise UsageError(f"app.requirements: {paths[0]} must stand alone and list the project's dependencies")
        return found
    return _pip(tree, paths)


def _in(tree: SourceTree, folder: str) -> Requirements | None:
    if join(folder, "uv.lock") in tree.files:
        return _project(tree, folder)
    for name in USUAL:
        if join(folder, name) in tree.files:
            return _pip(tree, (join(folder, name),))
    if project := _project(tree, folder):
        return project
    for lock, command in (("poetry.lock", "poetry export -o"), ("Pipfile", "pipenv requirements >")):
        if join(folder, lock) in tree.files:
            raise UsageError(
                f"cannot install from {join(folder, lock)} alone",
                hint=f"Commit the output of `{command} requirements.txt`, or set app.requirements.",
            )
    return None


def _project(tree: SourceTree, folder: str) -> Requirements | None:
    path, lock = join(folder, "pyproject.toml"), join(folder, "uv.lock")
    if path not in tree.files:
        return None
    try:
        document = toml.parse(text(tree, path))
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    project: dict[str, Any] = document.get("project", {})
    locked = lock in tree.files
    if not locked and "dependencies" not in project:
        return None
    local_packages.refuse_in_project(path, text(tree, path), document)
    if locked:
        local_packages.refuse_in_lock(lock, text(tree, lock))
    names = names_of(project.get("dependencies", []))
    return (
        Requirements("uv", (path,), (path, lock), names, folder)
        if locked
        else Requirements("pyproject", (path,), (path,), names, folder)
    )


def _pip(tree: SourceTree, roots: tuple[str, ...]) -> Requirements:
    files, names = read(tree, roots)
    return Requirements("requirements", roots, files, names)
