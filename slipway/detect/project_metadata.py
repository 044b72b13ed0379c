"""Reads what pyproject.toml, setup.cfg and setup.py of one folder say about the project in it; nothing of it is run."""

from __future__ import annotations

import ast
import configparser
import posixpath
import re
from typing import Any

from msgspec import Struct

from slipway.core import toml
from slipway.core.errors import UsageError

from .committed_files import SourceTree, join, parse, text

MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")
# Folders that setuptools never takes for a package of the project.
_NO_PACKAGES = frozenset(
    ("ci", "bin", "debian", "doc", "docs", "documentation", "manpages", "news", "newsfragments", "changelog", "test",
     "tests", "unit_test", "unit_tests", "example", "examples", "scripts", "tools", "util", "utils", "python", "build",
     "benchmark", "benchmarks", "exercise", "exercises", "htmlcov", "tasks")
)  # fmt: skip


class Project(Struct, frozen=True):
    """What a folder says about the project in it.

    Attributes:
        folder: of the source; "" is its top. files: those of MANIFESTS that are there.
        document: pyproject.toml; empty without one.
        name: "" if only running setup.py could tell it.
        dependencies: requirements; None if only a build can tell them.
    """

    folder: str
    files: tuple[str, ...]
    document: dict[str, Any]
    name: str
    dependencies: tuple[str, ...] | None


def read_project(tree: SourceTree, folder: str) -> Project | None:
    """The project in a folder; None if nothing there declares one.

    Raises:
        UsageError: pyproject.toml is no TOML, or has something else where a table belongs.
    """
    files = tuple(path for name in MANIFESTS if (path := join(folder, name)) in tree.files)
    if not set(files) & {join(folder, "pyproject.toml"), join(folder, "setup.py")}:
        return None
    document = _pyproject(tree, join(folder, "pyproject.toml"))
    project = table(document, "project")
    setup = {**_setup_cfg(tree, join(folder, "setup.cfg")), **_setup_py(tree, join(folder, "setup.py"))}
    name = project.get("name") or table(document, "tool", "poetry").get("name") or setup.get("name") or ""
    return Project(folder, files, document, str(name), _dependencies(project, setup, files))


def _dependencies(project: dict[str, Any], setup: dict[str, Any], files: tuple[str, ...]) -> tuple[str, ...] | None:
    dynamic = project.get("dynamic")
    if project and "dependencies" not in (dynamic if isinstance(dynamic, list) else ()):
        listed = project.get("dependencies", [])
    elif any(path.endswith("setup.py") for path in files) or setup:
        listed = setup.get("install_requires")
    else:
        listed = None
    return tuple(str(line) for line in listed) if isinstance(listed, list) else None


def _pyproject(tree: SourceTree, path: str) -> dict[str, Any]:
    if path not in tree.files:
        return {}
    try:
        document = toml.parse(text(tree, path))
    except ValueError as error:
        raise UsageError(f"{path}: {error}", hint="It is not valid TOML. Fix it there, and commit.") from None
    for key in ("project", "tool", "build-system"):
        if not isinstance(document.get(key, {}), dict):
            raise UsageError(f"{path}: {key} is not a table", hint=f"Write [{key}] and its keys below it.")
    return document


def _setup_cfg(tree: SourceTree, path: str) -> dict[str, Any]:
    if path not in tree.files:
        return {}
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text(tree, path))
    except configparser.Error:
        return {}
    found: dict[str, Any] = {}
    if parser.has_option("metadata", "name"):
        found["name"] = parser.get("metadata", "name")
    if parser.has_option("options", "install_requires"):
        lines = parser.get("options", "install_requires").splitlines()
        found["install_requires"] = [line.strip() for line in lines if line.strip()]
    for key in ("packages", "py_modules"):
        if parser.has_option("options", key):
            found[key] = parser.get("options", key)
    return found


def _setup_py(tree: SourceTree, path: str) -> dict[str, Any]:
    """The arguments of setup() that are written out."""
    body = parse(tree, path) if path in tree.files else None
    found: dict[str, Any] = {}
    for node in ast.walk(body) if body else ():
        called = node.func if isinstance(node, ast.Call) else None
        if (isinstance(called, ast.Name) and called.id == "setup") or (
            isinstance(called, ast.Attribute) and called.attr == "setup"
        ):
            assert isinstance(node, ast.Call)
            for keyword in node.keywords:
                try:
                    found[keyword.arg or ""] = ast.literal_eval(keyword.value)
                except (ValueError, TypeError, SyntaxError):
                    found.pop(keyword.arg or "", None)
    return found


def is_package(tree: SourceTree, project: Project) -> bool:
    """Whether installers would install the project itself, and its build back end would find something to install."""
    tool = table(project.document, "tool")
    packaged = table(tool, "uv").get("package")
    if isinstance(packaged, bool):
        return packaged
    if table(tool, "poetry").get("package-mode") is False or table(tool, "pdm").get("distribution") is False:
        return False
    if join(project.folder, "setup.py") in project.files:
        return True
    return "build-system" in project.document and _finds_something(tree, project)


def _finds_something(tree: SourceTree, project: Project) -> bool:
    """What a back end refuses to guess is a project whose authors never build it: an app with a pyproject.toml."""
    system, tool = table(project.document, "build-system"), table(project.document, "tool")
    back_end = str(system.get("build-backend", "setuptools"))
    if back_end.startswith("setuptools"):
        settings = {**table(tool, "setuptools"), **_setup_cfg(tree, join(project.folder, "setup.cfg"))}
        listed = settings.keys() & {"packages", "py-modules", "py_modules"}
        return bool(listed) or _is_flat_or_src(tree, project.folder)
    if back_end.startswith("poetry"):
        poetry = table(tool, "poetry")
        return bool(poetry.get("packages") or poetry.get("include")) or _has_module(tree, project)
    if back_end.startswith("hatchling"):
        return bool(table(tool, "hatch", "build")) or _has_module(tree, project)
    if back_end.startswith(("flit", "uv_build")):
        named = table(tool, "flit", "module") or table(tool, "uv", "build-backend")
        return bool(named) or _has_module(tree, project)
    return True


def _has_module(tree: SourceTree, project: Project) -> bool:
    module = re.sub(r"[-.]+", "_", project.name).lower()
    places = [join(project.folder, place) for place in (module, f"src/{module}")]
    wanted = {file for place in places for file in (f"{place}/__init__.py", f"{place}.py")}
    return any(path.lower() in wanted for path in tree.files)


def _is_flat_or_src(tree: SourceTree, folder: str) -> bool:
    """What setuptools finds by itself: all in src/, or one package, or one module."""
    start = join(folder, "")
    inside = [path[len(start) :] for path in tree.files if path.startswith(start) and path.endswith(".py")]
    if any(path.startswith("src/") for path in inside):
        return True
    packages = {path.split("/")[0] for path in inside if "/" in path}
    packages = {name for name in packages if name.isidentifier() and name.lower() not in _NO_PACKAGES}
    modules = {path for path in inside if "/" not in path and path not in ("setup.py", "conftest.py", "manage.py")}
    return len(packages) == 1 or (not packages and len(modules) <= 1)


def table(value: object, *keys: str) -> dict[str, Any]:
    """A table inside a document by its keys; empty where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def nearest(tree: SourceTree, folder: str) -> Project | None:
    """The project of a folder, or of the nearest one above it."""
    while True:
        if found := read_project(tree, folder):
            return found
        if not folder:
            return None
        folder = posixpath.dirname(folder)
