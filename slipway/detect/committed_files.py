"""Gives detection the committed files of the app; it never reads the work tree."""

from __future__ import annotations

import ast
import posixpath
import warnings
from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

# Folders whose manage.py or app.py is not what is deployed.
ASIDE = frozenset({"tests", "test", "testing", "docs", "doc", "examples", "example", "node_modules", "scripts"})


class SourceTree(Protocol):
    """Files of one commit; `slipway.source.Source` is one."""

    @property
    def files(self) -> Collection[str]:
        """Paths relative to the app's folder, with slashes."""

    def read(self, path: str) -> bytes:
        """Content of one of the files."""


# Levels of nesting that this Python can surely walk through: some calls a level, of the 1000 that it allows.
DEEPEST = 150


class ShallowTree:
    """The same files, where source code that is nested too deeply to be walked through counts as unreadable."""

    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree

    @property
    def files(self) -> Collection[str]:
        """Paths relative to the app's folder, with slashes."""
        return self._tree.files

    def read(self, path: str) -> bytes:
        """Content of one of the files."""
        return self._tree.read(path)

    def read_many(self, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Path and content of many files."""
        return contents(self._tree, paths)


def contents(tree: SourceTree, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Path and content of many files, at once where the tree can do that."""
    read_many = getattr(tree, "read_many", None)
    yield from read_many(paths) if read_many else ((path, tree.read(path)) for path in paths)


def text(tree: SourceTree, path: str) -> str:
    """Content as text; bytes that are no UTF-8 are replaced."""
    return tree.read(path).decode("utf-8-sig", "replace")


def parse(tree: SourceTree, path: str) -> ast.Module | None:
    """The syntax tree of a Python file; None if this Python cannot parse it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in the app's code is none of our business
        try:
            module = ast.parse(tree.read(path))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    return None if isinstance(tree, ShallowTree) and _deep(module) else module


def _deep(module: ast.AST) -> bool:
    """Whether a syntax tree is nested more deeply than can be walked through."""
    level, depth = [module], 0
    while level and depth <= DEEPEST:
        level, depth = [child for node in level for child in ast.iter_child_nodes(node)], depth + 1
    return bool(level)


def join(folder: str, path: str) -> str:
    """A path inside a folder of the tree; the folder "" is the top."""
    return f"{folder}/{path}" if folder else path


def module_file(tree: SourceTree, module: str, *roots: str) -> str | None:
    """The file of a module that is imported from one of some folders; None if the tree has none."""
    stems = [join(root, module.replace(".", "/")) for root in roots]
    files = (path for stem in stems for path in (f"{stem}.py", f"{stem}/__init__.py"))
    return next((path for path in files if path in tree.files), None)


class Folders:
    """The folders of a tree in which an app may lie, by the folder that they lie in."""

    def __init__(self, tree: SourceTree) -> None:
        self._inside: dict[str, list[str]] = {}
        for folder in sorted({folder for path in tree.files for folder in parents(path)}):
            above, name = posixpath.split(folder)
            if name not in ASIDE and not name.startswith((".", "_")):
                self._inside.setdefault(above, []).append(folder)

    def within(self, *places: str) -> list[str]:
        """Folders directly in the places."""
        return [folder for place in places for folder in self._inside.get(place, [])]


def parents(path: str) -> Iterator[str]:
    """The folders above a path, but for the top."""
    while path := posixpath.dirname(path):
        yield path


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that an import runs, those within if, try and with among them."""
    for node in body:
        if isinstance(node, ast.If) and "__main__" in ast.unparse(node.test):
            continue
        yield node
        for part in ("body", "orelse", "finalbody"):
            if isinstance(node, (ast.If, ast.Try, ast.With)):
                yield from top_level(getattr(node, part, []))
        for handler in getattr(node, "handlers", []):
            yield from top_level(handler.body)
