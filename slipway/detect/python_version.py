"""Reads which versions of Python an app asks for, in the inventory or in files that say it."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable

from msgspec import Struct

from slipway.core.errors import UsageError
from slipway.inventory.app import App

from .committed_files import SourceTree, join, text
from .poetry_dependencies_to_pep508 import compared
from .project_metadata import read_project, table

NEWEST = 20  # the minor version up to which ranges are followed
_VERSION = re.compile(r"(?:cpython-|cpython@|python-|python)?v?3\.(?P<minor>[0-9]{1,2})(?:\.[0-9]+)?")
_COMPARED = re.compile(r"(?P<sign>~=|===?|!=|<=|>=|<|>)\s*(?P<version>[0-9]+(?:\.[0-9]+)*)(?P<any>\.\*)?")


class PythonWish(Struct, frozen=True):
    """The Python that an app asks for.

    Attributes:
        versions: those that will do, such as "3.12", the newest first; none: whichever the host has.
        request: what uv is asked for where the host has none of them.
        source: where it is written.
    """

    versions: tuple[str, ...] = ()
    request: str = ""
    source: str = ""


def find(tree: SourceTree, app: App, chdir: str) -> PythonWish:
    """What decides first: app.python, `.python-version`, requires-python, `runtime.txt`.

    Raises:
        UsageError: no version of Python 3 can do what is asked.
    """
    if app.python:
        return PythonWish((".".join(app.python.split(".")[:2]),), app.python, "app.python")
    readers = (_python_version, _requires, _runtime)
    for read in readers:
        folder = chdir
        while True:
            if wish := read(tree, folder):
                return wish
            if not folder:
                break
            folder = posixpath.dirname(folder)
    return PythonWish()


def named_version(content: str) -> str:
    """The version that the first line of a `.python-version` or `runtime.txt` names, such as "3.12"; "" if none."""
    lines = [line.strip() for line in content.splitlines() if line.strip() and not line.startswith("#")]
    match = _VERSION.fullmatch(lines[0]) if lines else None
    return f"3.{match['minor']}" if match else ""


def _python_version(tree: SourceTree, folder: str, name: str = ".python-version") -> PythonWish | None:
    path = join(folder, name)
    version = named_version(text(tree, path)) if path in tree.files else ""
    return PythonWish((version,), version, path) if version else None


def _runtime(tree: SourceTree, folder: str) -> PythonWish | None:
    return _python_version(tree, folder, "runtime.txt")


def _requires(tree: SourceTree, folder: str) -> PythonWish | None:
    """What the project requires, in the words of PEP 621, Poetry or Pipenv."""
    project = read_project(tree, folder)
    path = join(folder, "pyproject.toml")
    document = project.document if project else {}
    wanted = table(document, "project").get("requires-python")
    if isinstance(wanted, str) and wanted.strip():
        return _range(wanted, f"requires-python in {path}", _compared)
    wanted = table(document, "tool", "poetry", "dependencies").get("python")
    if isinstance(wanted, str) and "|" not in wanted:
        return _range(wanted, f"python in {path}", lambda given: compared("python", given))
    lock = join(folder, "Pipfile.lock")
    if lock in tree.files:
        try:
            required = table(json.loads(text(tree, lock)), "_meta", "requires")
        except ValueError:
            return None
        version = named_version(str(required.get("python_version") or required.get("python_full_version") or ""))
        return PythonWish((version,), version, lock) if version else None
    return None


def _compared(wanted: str) -> list[tuple[str, str]]:
    found = []
    for part in filter(None, (part.strip() for part in wanted.split(","))):
        match = _COMPARED.fullmatch(part)
        if not match:
            raise UsageError(f"requires-python: '{part}' is no comparison of versions", hint="Set app.python.")
        found.append((match["sign"], match["version"] + (match["any"] or "")))
    return found


def _range(wanted: str, source: str, compare: Callable[[str], list[tuple[str, str]]]) -> PythonWish:
    pairs = compare(wanted)
    fitting = tuple(
        f"3.{minor}" for minor in range(NEWEST, 5, -1) if all(_fits(minor, sign, version) for sign, version in pairs)
    )
    if not fitting:
        raise UsageError(f"{source}: no Python 3 is {wanted}", hint="Correct it, or set app.python.")
    if len(fitting) == NEWEST - 5:
        return PythonWish()
    return PythonWish(fitting, ",".join(f"{sign}{version}" for sign, version in pairs), source)


def _fits(minor: int, sign: str, version: str) -> bool:
    """Whether some patch release of 3.MINOR can be what a comparison allows."""
    parts = [int(part) for part in version.removesuffix(".*").split(".")]
    low, given = (3, minor), tuple([*parts, 0][:2])
    patch = parts[2] if len(parts) > 2 else 0
    if sign == "~=":
        return low >= given if len(parts) == 2 else low == given
    if sign in ("==", "==="):
        return low == given if len(parts) > 1 else parts[0] == 3
    if sign == "!=":
        return low != given or len(parts) > 2
    if sign == "<":
        return low < given or (low == given and patch > 0)
    if sign == "<=":
        return low <= given
    return low >= given
