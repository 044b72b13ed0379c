"""Refuses packages that lie in a folder: releases share venvs, and a venv must not hold or lead to the code of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from slipway.core.errors import UsageError

HINT = (
    "Move its code into the app's own folder, which is on Python's path already; or publish it, and depend on it by "
    "version or from git (name @ git+https://...)."
)
_ARCHIVE = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=|(?<=-e))(?P<target>.*)")
_AT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?\s*@\s*(?P<target>.*)")
_LOCKED = re.compile(
    r'^(?:name = "(?P<name>[^"]*)"|source = \{ (?:editable|virtual|directory|path) = "(?P<path>[^"]*)")', re.MULTILINE
)


def refuse(place: str, what: str) -> None:
    """Raises UsageError: `what`, at `place`, installs from a folder."""
    raise UsageError(f"{place}: {what} installs from a local folder, but releases share venvs", hint=HINT)


def is_local(requirement: str) -> bool:
    """Whether a requirement, as a line of a requirements file, names a folder or a file instead of a distribution."""
    if match := _EDITABLE.match(requirement):
        target = match["target"].strip().strip("'\"")
        return "://" not in target or _is_file_url(target)
    match = _AT.match(requirement)
    if not match and requirement.startswith("-"):
        return False
    word = re.split(r"[\s;]", match["target"] if match else requirement, maxsplit=1)[0].strip("'\"")
    if _is_file_url(word):
        return True
    if "://" in word:
        return False
    bare = re.sub(r"\[[^\]]*\]$", "", word)
    return bool(match) or bare.startswith((".", "~")) or "/" in word or "\\" in word or bare.endswith(_ARCHIVE)


def _is_file_url(word: str) -> bool:
    return re.match(r"(?:[a-z]+\+)?file:", word, re.IGNORECASE) is not None


def refuse_in_project(path: str, text: str, document: dict[str, Any]) -> None:
    """Raises UsageError: a pyproject.toml has a workspace, or takes a package from a folder."""
    uv = _table(document.get("tool"), "uv")
    if "workspace" in uv:
        refuse(f"{path}, line {_line(text, 'workspace')}", "[tool.uv.workspace]")
    for name, source in _table(uv, "sources").items():
        for one in source if isinstance(source, list) else [source]:
            if isinstance(one, dict) and (one.keys() & {"path", "workspace"} or _is_file_url(str(one.get("url", "")))):
                refuse(f"{path}, line {_line(text, name)}", f"{name} in [tool.uv.sources]")
    project = document.get("project")
    listed = [project.get("dependencies")] if isinstance(project, dict) else []
    for requirements in [*listed, uv.get("override-dependencies"), uv.get("constraint-dependencies")]:
        for requirement in requirements if isinstance(requirements, list) else []:
            if isinstance(requirement, str) and is_local(requirement):
                refuse(f"{path}, line {_line(text, requirement)}", f"'{requirement}'")


def refuse_in_lock(path: str, text: str) -> None:
    """Raises UsageError: a uv.lock holds a package that lies in a folder, besides the project itself."""
    name = ""
    for match in _LOCKED.finditer(text):
        if match["name"] is not None:
            name = match["name"]
        elif match["path"] != ".":
            refuse(f"{path}, line {text.count(chr(10), 0, match.start()) + 1}", f"{name} ({match['path']})")


def _table(value: object, key: str) -> dict[str, Any]:
    table = value.get(key) if isinstance(value, dict) else None
    return table if isinstance(table, dict) else {}


def _line(text: str, word: str) -> int:
    """The first line that holds a word."""
    return next((number for number, line in enumerate(text.splitlines(), 1) if word in line), 1)


def joined_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a requirements file with the number of each, those that end in a backslash joined with the next."""
    begin, whole = 1, ""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        begin = begin if whole else number
        whole += line
        if whole.endswith("\\"):
            whole = f"{whole[:-1]} "
            continue
        yield begin, whole
        whole = ""
    if whole:
        yield begin, whole
