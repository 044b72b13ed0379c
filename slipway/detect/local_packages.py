"""Finds packages whose code lies in the commit: the project itself, and folders or archives that dependencies name."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal
from urllib.parse import unquote

from msgspec import Struct

from slipway.core.errors import UsageError

from .committed_files import SourceTree, join
from .project_metadata import Project, read_project, table

_ARCHIVE = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=|(?<=-e))(?P<target>.*)")
_AT = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?P<extras>\[[^\]]*\])?\s*@\s*(?P<target>.*)")
_MARKER = re.compile(r"\s+;\s*|;\s+")


class LocalPackage(Struct, frozen=True):
    """A package whose code lies in the commit; it is built on the host and never shared by releases of other code.

    Attributes:
        path: its folder, "" for the top of the source; or an archive: a wheel, or one with its source.
        how: "listed": with what it depends on, like any line of the requirements. "needed": if something that is
            installed depends on it. "complete": with what it depends on, after the others. "alone": without that.
        extras: such as "[web,db]". marker: when it is installed, such as "python_version < '3.12'".
    """

    path: str
    how: Literal["listed", "needed", "complete", "alone"]
    extras: str = ""
    marker: str = ""


class LocalLine(Struct, frozen=True):
    """A line of a requirements file that names a folder or an archive; `target` as it stands there."""

    target: str
    extras: str
    marker: str


def parse_line(requirement: str) -> LocalLine | None:
    """Tell whether a line of a requirements file names a folder or a file instead of a distribution."""
    editable = _EDITABLE.match(requirement)
    rest = editable["target"].strip() if editable else requirement
    match = None if editable else _AT.match(rest)
    if not editable and not match and rest.startswith("-"):
        return None
    rest = match["target"] if match else rest
    word, _, marker = (part.strip() for part in _partition(rest))
    word = re.split(r"\s+--", word)[0].strip().strip("'\"")
    bare, extras = (word[: found.start()], found[0]) if (found := re.search(r"\[[^\]]*\]$", word)) else (word, "")
    extras = (match["extras"] or "") if match else extras
    if is_file_url(bare):
        bare = unquote(re.sub(r"^(?:[a-z]+\+)?file:(?://(?:localhost)?)?", "", bare, flags=re.IGNORECASE))
        bare = bare.removeprefix("/${PROJECT_ROOT}/")  # as PDM writes it
    elif "://" in bare or not (
        editable or match or bare.startswith((".", "~")) or re.search(r"[/\\]", bare) or bare.endswith(_ARCHIVE)
    ):
        return None
    return LocalLine(bare.split("#")[0], extras, marker)


def _partition(text: str) -> tuple[str, str, str]:
    found = _MARKER.search(text)
    return (text[: found.start()], ";", text[found.end() :]) if found else (text, "", "")


def is_file_url(word: str) -> bool:
    """Whether a word is the URL of a file."""
    return re.match(r"(?:[a-z]+\+)?file:", word, re.IGNORECASE) is not None


def resolve(tree: SourceTree, place: str, target: str, folders: Iterable[str]) -> str:
    """The path in the source of what a dependency names.

    Args:
        place: where it stands, for errors. folders: where a relative path may begin, the most likely first.

    Raises:
        UsageError: the commit has no such package.
    """
    for folder in folders:
        path = posixpath.normpath(posixpath.join(folder, target))
        path = "" if path == "." else path
        if path in tree.files and path.endswith(_ARCHIVE):
            return path
        if not path.startswith(("/", "..", "~", "$")) and read_project(tree, path):
            return path
    raise UsageError(
        f"{place}: {target} is not a package in the commit",
        hint="Name a folder of the commit that has a pyproject.toml or setup.py; or publish the package, and depend on "
        "it by version or from git (name @ git+https://...).",
    )


def needed_by(tree: SourceTree, paths: Iterable[str]) -> Iterator[str]:
    """Paths of further local packages that those at the given paths depend on, directly or not; each once."""
    seen, waiting = set(paths), [path for path in paths if path not in tree.files]
    while waiting:
        project = read_project(tree, waiting.pop(0))
        for path in _sources(tree, project) if project else ():
            if path not in seen:
                seen.add(path)
                waiting += [path] if path not in tree.files else []
                yield path


def _sources(tree: SourceTree, project: Project) -> Iterator[str]:
    """What a project takes from folders, by uv's or Poetry's settings, or as `name @ file:...`."""
    where = join(project.folder, "pyproject.toml")
    uv, poetry = table(project.document, "tool", "uv"), table(project.document, "tool", "poetry")
    for name, source in table(uv, "sources").items():
        for one in source if isinstance(source, list) else [source]:
            yield from _source(tree, project, where, name, one)
    tables = [poetry, *table(poetry, "group").values()]
    for name, source in [pair for one in tables for pair in table(one, "dependencies").items()]:
        for one in source if isinstance(source, list) else [source]:
            if isinstance(one, dict) and isinstance(one.get("path"), str):
                yield resolve(tree, f"{where}: {name}", one["path"], (project.folder,))
    for line in project.dependencies or ():
        if local := parse_line(line):
            yield resolve(tree, f"{where}: '{line}'", local.target, (project.folder,))


def _source(tree: SourceTree, project: Project, where: str, name: str, source: Any) -> Iterator[str]:
    if not isinstance(source, dict):
        return
    if isinstance(source.get("path"), str):
        yield resolve(tree, f"{where}: {name} in [tool.uv.sources]", source["path"], (project.folder,))
    elif source.get("workspace") is True:
        wanted = normalise(name)
        root = workspace_root(tree, project.folder)
        for folder in members(tree, root) if root is not None else ():
            member = read_project(tree, folder)
            if member and normalise(member.name) == wanted:
                yield folder
                return
        raise UsageError(
            f"{where}: {name} in [tool.uv.sources] is no member of a workspace in the commit",
            hint="Name its folder in the `members` of [tool.uv.workspace], and commit that folder.",
        )


def workspace_root(tree: SourceTree, folder: str) -> str | None:
    """The folder of the uv workspace that a folder belongs to; None if it belongs to none."""
    place = folder
    while True:
        project = read_project(tree, place)
        if project and "workspace" in table(project.document, "tool", "uv"):
            return place if place == folder or folder in members(tree, place) else None
        if not place:
            return None
        place = posixpath.dirname(place)


def members(tree: SourceTree, root: str) -> list[str]:
    """The folders of a workspace's members, its root among them."""
    project = read_project(tree, root)
    settings = table(project.document, "tool", "uv", "workspace") if project else {}
    start = join(root, "")
    found = sorted(
        posixpath.dirname(path)[len(start) :]
        for path in tree.files
        if path.startswith(start) and path.endswith("/pyproject.toml") and posixpath.dirname(path) != root
    )
    kept = [
        folder
        for folder in found
        if _matches(folder, settings.get("members")) and not _matches(folder, settings.get("exclude"))
    ]
    return [root, *(join(root, folder) for folder in kept)]


def _matches(folder: str, patterns: object) -> bool:
    listed = [str(pattern).removeprefix("./").rstrip("/") for pattern in patterns] if isinstance(patterns, list) else []
    return any(
        folder.count("/") == pattern.count("/") and fnmatch.fnmatchcase(folder, pattern) for pattern in listed
    ) or any("**" in pattern and fnmatch.fnmatchcase(folder, pattern) for pattern in listed)


def normalise(name: str) -> str:
    """A distribution's name as PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def joined_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """The lines of a requirements file with the first and last number of each: a backslash at the end joins lines."""
    begin, whole = 1, ""
    number = 0
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        begin = begin if whole else number
        whole += line
        if whole.endswith("\\"):
            whole = f"{whole[:-1]} "
            continue
        yield begin, number, whole
        whole = ""
    if whole:
        yield begin, number, whole
