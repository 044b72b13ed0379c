"""Turns the lock files of Poetry, PDM and Pipenv into pinned requirements with hashes, which uv installs."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from types import MappingProxyType
from typing import Any, NamedTuple

from slipway.core import toml
from slipway.core.errors import UsageError

from .local_packages import normalise
from .needed_lock_file_packages import Edge, Node, reached
from .project_metadata import Project, table

_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]*)['"]|['"]([^'"]*)['"]\s*==\s*extra""")
# A package of a pylock.toml that lies in the commit, and its path.
_LOCAL = re.compile(
    r"""(?ms)^(?:(?:directory|archive)\s*=\s*\{[^}\n]*?\bpath\s*=\s*|\[packages\.(?:directory|archive)\]\n[^\[]*?^path\s*=\s*)"""
    r"""["']([^"'\n]*)["']"""
)
TRUE, FALSE = "python_version >= '3'", "python_version < '3'"


class Pinned(NamedTuple):
    """One package of a lock file: what to install, when, and the hashes that its files may have."""

    what: str
    marker: str
    hashes: tuple[str, ...]


class Choice(NamedTuple):
    """What is wanted besides the main dependencies."""

    extras: Collection[str] = ()
    groups: Collection[str] = ()


def pinned(path: str, text: str, project: Project | None, choice: Choice) -> str:
    """The content of a lock file as requirements in pip's format, or, for pylock.toml, as uv reads it by itself.

    What lies in the commit is left out: it is built apart.

    Raises:
        UsageError: the file cannot be read.
    """
    name = posixpath.basename(path)
    if name == "pylock.toml":
        return without_local(text)
    try:
        lines, indexes = READERS[name](text, project, choice)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} cannot be read: {type(error).__name__} {error}", hint=HINT) from None
    head = [f"--extra-index-url {index}\n" for index in dict.fromkeys(indexes)]
    return "".join([*head, *(_line(line) for line in lines)])


HINT = "Make it anew with a current version of its tool; or name another file in app.requirements."


def _line(pin: Pinned) -> str:
    words = [pin.what, *([f"; {pin.marker}"] if pin.marker else []), *(f"--hash={one}" for one in pin.hashes)]
    return " ".join(words) + "\n"


def _poetry(text: str, project: Project | None, choice: Choice) -> tuple[list[Pinned], list[str]]:
    packages = toml.parse(text).get("package", [])
    grouped = all("groups" in item for item in packages)
    markers = {} if grouped else _reached_by_poetry(packages, project, choice)
    found, indexes = [], []
    for item in packages:
        marker = _poetry_marker(item, choice) if grouped else markers.get(normalise(item["name"]))
        source = table(item, "source")
        if marker is None or source.get("type") in ("directory", "file"):
            continue
        if source.get("type") == "legacy":
            indexes.append(str(source["url"]))
        hashes = () if source.get("type") in ("git", "url") else tuple(file["hash"] for file in item.get("files", []))
        found.append(Pinned(_poetry_what(item, source), marker, hashes))
    return found, indexes


def _poetry_what(item: dict[str, Any], source: dict[str, Any]) -> str:
    if source.get("type") == "git":
        ref = source.get("resolved_reference") or source.get("reference")
        return f"{item['name']} @ git+{source['url']}@{ref}{_subdirectory(source)}"
    return f"{item['name']} @ {source['url']}" if source.get("type") == "url" else f"{item['name']}=={item['version']}"


def _subdirectory(source: dict[str, Any]) -> str:
    return f"#subdirectory={source['subdirectory']}" if source.get("subdirectory") else ""


def _poetry_marker(item: dict[str, Any], choice: Choice) -> str | None:
    """When a package is installed; None: its groups are not wanted."""
    wanted = [group for group in item["groups"] if group in ("main", *choice.groups)]
    markers = item.get("markers", "")
    by_group = [str(markers.get(group, "")) if isinstance(markers, dict) else str(markers) for group in wanted]
    if not wanted:
        return None
    if item.get("optional") and not any("extra" in marker for marker in by_group):
        return None
    return _any([_with_extras(marker, choice.extras) for marker in by_group])


def _with_extras(marker: str, extras: Collection[str]) -> str:
    """A marker that asks for no extra: whether one is wanted is known."""
    return _EXTRA.sub(lambda match: TRUE if (match[1] or match[2]) in extras else FALSE, marker)


def _any(markers: Iterable[str]) -> str:
    unique = list(dict.fromkeys(markers))
    return "" if "" in unique or not unique else " or ".join(f"({one})" if len(unique) > 1 else one for one in unique)


def _reached_by_poetry(packages: list[dict[str, Any]], project: Project | None, choice: Choice) -> dict[str, str]:
    """By name, when a package is installed, for lock files of Poetry 1, which do not say it themselves."""
    poetry = table(project.document if project else {}, "tool", "poetry")
    tables = [poetry, *(table(poetry, "group", group) for group in choice.groups)]
    roots = [edge for one in tables for edge in _poetry_edges(table(one, "dependencies"))]
    wanted = {normalise(str(name)) for extra in choice.extras for name in table(poetry, "extras").get(extra, [])}
    nodes = {}
    for item in packages:
        name = normalise(item["name"])
        if name in nodes:
            raise ValueError(f"it has several versions of {name}")
        edges = tuple(_poetry_edges(table(item, "dependencies")))
        extras = {extra: [_name(line) for line in lines] for extra, lines in table(item, "extras").items()}
        nodes[name] = Node(edges, extras)
    return reached(nodes, [edge for edge in roots if not edge.optional or edge.name in wanted])


def _poetry_edges(dependencies: dict[str, Any]) -> Iterator[Edge]:
    for name, value in dependencies.items():
        for one in value if isinstance(value, list) else [value]:
            given = one if isinstance(one, dict) else {}
            if name.lower() != "python":
                yield Edge(
                    normalise(name),
                    str(given.get("markers", "")),
                    tuple(given.get("extras", ())),
                    bool(given.get("optional")),
                )


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return normalise(match[0]) if match else ""


def _pdm(text: str, project: Project | None, choice: Choice) -> tuple[list[Pinned], list[str]]:
    document = toml.parse(text)
    found, seen = [], set()
    for item in document.get("package", []):
        groups = item.get("groups") or (
            ["default"] if table(document, "metadata").get("groups") == ["default"] else None
        )
        if groups is None:
            raise ValueError("it does not say which groups a package belongs to: `pdm lock -S inherit_metadata`")
        local = "path" in item or str(item.get("url", "")).startswith("file:")
        key = (normalise(item["name"]), item.get("version"), item.get("marker"))
        if local or key in seen or not {"default", *choice.extras, *choice.groups} & set(groups):
            continue
        seen.add(key)
        hashed = () if "git" in item or "url" in item else tuple(file["hash"] for file in item.get("files", []))
        found.append(Pinned(_pdm_what(item), str(item.get("marker", "")), hashed))
    return found, []


def _pdm_what(item: dict[str, Any]) -> str:
    if "git" in item:
        return f"{item['name']} @ git+{item['git']}@{item.get('revision') or item['ref']}{_subdirectory(item)}"
    return f"{item['name']} @ {item['url']}" if "url" in item else f"{item['name']}=={item['version']}"


def _pipenv(text: str, project: Project | None, choice: Choice) -> tuple[list[Pinned], list[str]]:
    document = json.loads(text)
    sources = {one["name"]: str(one["url"]) for one in table(document, "_meta").get("sources", [])}
    first = next(iter(sources), "")
    found, indexes = [], []
    for name, item in [pair for group in ("default", *choice.groups) for pair in document.get(group, {}).items()]:
        if "path" in item or str(item.get("file", "")).startswith((".", "file:")):
            continue
        if item.get("index", first) != first:
            indexes.append(sources[item["index"]])
        found.append(Pinned(_pipenv_what(name, item), str(item.get("markers", "")), tuple(item.get("hashes", ()))))
    return found, [index for index in indexes if "$" not in index]


def _pipenv_what(name: str, item: dict[str, Any]) -> str:
    if "git" in item:
        return f"{name} @ git+{item['git']}@{item['ref']}{_subdirectory(item)}"
    return f"{name} @ {item['file']}" if "file" in item else f"{name}{item.get('version', '').replace('*', '')}"


def without_local(text: str) -> str:
    """A pylock.toml without the packages that lie in folders or files of the commit."""
    head, *packages = re.split(r"(?m)^(?=\[\[packages\]\])", text)
    return head + "".join(package for package in packages if not _LOCAL.search(package))


READERS: MappingProxyType[str, Callable[[str, Project | None, Choice], tuple[list[Pinned], list[str]]]]
READERS = MappingProxyType({"poetry.lock": _poetry, "pdm.lock": _pdm, "Pipfile.lock": _pipenv})


def local_paths(path: str, text: str) -> list[str]:
    """What a pylock.toml or Pipfile.lock takes from the commit, as it stands there."""
    if posixpath.basename(path) == "Pipfile.lock":
        items = table(json.loads(text), "default").values()
        found = [str(item.get("path") or item.get("file", "")) for item in items if isinstance(item, dict)]
        return [one.removeprefix("file:") for one in found if one and "://" not in one]
    if posixpath.basename(path) != "pylock.toml":
        return []
    packages = re.split(r"(?m)^(?=\[\[packages\]\])", text)[1:]
    found = [match[1] for one in packages if (match := _LOCAL.search(one))]
    return [one for one in found if "://" not in one]


def locked_names(path: str, text: str) -> list[str]:
    """The distributions that a pylock.toml or Pipfile.lock names; the others leave that to pyproject.toml."""
    if posixpath.basename(path) == "Pipfile.lock":
        return list(table(json.loads(text), "default"))
    return re.findall(r'(?m)^name = "([^"]+)"', text) if posixpath.basename(path) == "pylock.toml" else []
