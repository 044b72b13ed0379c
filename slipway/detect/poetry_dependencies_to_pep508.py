"""Translates dependencies as Poetry writes them into requirements as pip does (PEP 508)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from slipway.core.errors import UsageError

from .local_packages import normalise
from .project_metadata import Project, table

_COMPARED = re.compile(r"(?P<sign>\^|~=|~|>=|<=|!=|==|=|>|<)?\s*v?(?P<version>[0-9][^\s,]*|\*)\s*,?\s*")
_RELEASE = re.compile(r"(?:[0-9]+!)?(?P<release>[0-9]+(?:\.[0-9]+)*)")


def requirements(project: Project, extras: Collection[str], groups: Collection[str]) -> list[str]:
    """Requirement lines for what a project asks Poetry to install; what lies in the commit is named alone.

    Args:
        extras, groups: optional parts that are wanted besides.

    Raises:
        UsageError: a dependency that only Poetry itself can understand.
    """
    poetry = table(project.document, "tool", "poetry")
    offered = table(poetry, "extras")
    wanted = {normalise(str(name)) for extra in extras for name in offered.get(extra, [])}
    tables = [poetry, *(table(poetry, "group", group) for group in groups)]
    lines: list[str] = []
    for name, value in [pair for one in tables for pair in table(one, "dependencies").items()]:
        for one in value if isinstance(value, list) else [value]:
            if name.lower() != "python":
                lines += _line(name, one, normalise(name) in wanted)
    return lines


def _line(name: str, value: Any, wanted: bool) -> Iterator[str]:
    given = value if isinstance(value, dict) else {"version": value}
    if given.get("optional") and not wanted:
        return
    extras = f"[{','.join(given['extras'])}]" if given.get("extras") else ""
    marker = " and ".join(f"({part})" for part in (given.get("markers"), python_marker(given.get("python"))) if part)
    yield f"{name}{extras}{_where(name, given)}{f' ; {marker}' if marker else ''}"


def _where(name: str, given: dict[str, Any]) -> str:
    if "git" in given:
        ref = next((str(given[key]) for key in ("rev", "tag", "branch") if key in given), "")
        part = f"#subdirectory={given['subdirectory']}" if "subdirectory" in given else ""
        return f" @ git+{given['git']}{f'@{ref}' if ref else ''}{part}"
    if "url" in given:
        return f" @ {given['url']}"
    if "path" in given:
        return ""
    return ",".join(f"{sign}{version}" for sign, version in compared(name, str(given.get("version", "*"))))


def compared(name: str, constraint: str) -> list[tuple[str, str]]:
    """A constraint such as `^1.2` as comparisons that all have to hold, such as (">=", "1.2"), ("<", "2").

    Raises:
        UsageError: it is none, or offers a choice, which no single requirement can express.
    """
    found: list[tuple[str, str]] = []
    rest = constraint.strip()
    while rest:
        match = _COMPARED.match(rest)
        if not match:
            raise UsageError(
                f"the constraint '{constraint}' of {name} can only be understood by Poetry",
                hint="Commit a poetry.lock (`poetry lock`), or a requirements.txt.",
            )
        found += _comparisons(match["sign"] or "", match["version"])
        rest = rest[match.end() :]
    return found


def _comparisons(sign: str, version: str) -> list[tuple[str, str]]:
    if version == "*":
        return []
    if sign in ("^", "~"):
        return [(">=", version), ("<", _end(sign, version))]
    return [("==" if sign in ("", "=") else sign, version)]


def _end(sign: str, version: str) -> str:
    """The first version that a caret or a tilde excludes."""
    match = _RELEASE.match(version)
    parts = [int(part) for part in match["release"].split(".")] if match else [0]
    if sign == "~":
        at = min(1, len(parts) - 1)
    else:
        at = next((index for index, part in enumerate(parts) if part), len(parts) - 1)
    return ".".join(str(part) for part in [*parts[:at], parts[at] + 1])


def python_marker(constraint: object) -> str:
    """A constraint on the Python version as a marker."""
    if not isinstance(constraint, str):
        return ""
    pairs = compared("python", constraint)
    return " and ".join(
        f'{"python_full_version" if version.count(".") > 1 else "python_version"} {sign} "{version}"'
        for sign, version in pairs
    )
