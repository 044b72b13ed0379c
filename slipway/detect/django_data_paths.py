"""Finds where Django's settings put databases and uploads: data inside the source would be lost with a release."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from .committed_files import SourceTree, join, module_file, parse, top_level

# Stands for the top of the source in paths that settings compute from __file__.
TOP = PurePosixPath("/<top>")
_SAME = frozenset({"resolve", "absolute", "str", "Path", "PurePath", "abspath", "realpath", "normpath"})


class Settings:
    """What can be read from a settings module, and the modules it imports all from, without running them."""

    def __init__(self, tree: SourceTree, module: str, chdir: str, python_path: tuple[str, ...] = ()) -> None:
        self.modules = list(_modules(tree, module, (chdir, *python_path), set()))
        self.chdir = chdir
        self.values: dict[str, ast.expr] = {}
        self.paths: dict[str, PurePosixPath] = {}
        for file, body in reversed(self.modules):
            names = self.paths | {"__file__": TOP / file}
            for node in top_level(body.body):
                target, value = _assignment(node)
                if target and value:
                    self.values[target] = value
                    if (path := evaluate(value, names)) is not None:
                        names[target] = self.paths[target] = path

    def constant(self, name: str) -> str | None:
        """The text that a setting is set to, if it is written out."""
        value = self.values.get(name)
        return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None

    def sqlite(self) -> bool:
        """Whether SQLite is the one database that settings speak of, in whatever branch."""
        engines = [table["ENGINE"] for table in self._databases()]
        by_url = any("database_url" in word.lower() or word == "db" for word in self._words())
        return bool(engines) and all(_is_sqlite(engine) for engine in engines) and not by_url

    def databases(self) -> Iterator[str]:
        """SQLite files inside the source."""
        for table in self._databases():
            if _is_sqlite(table["ENGINE"]) and "NAME" in table:
                yield from self._inside(evaluate(table["NAME"], self.paths))

    def _databases(self) -> Iterator[dict[str, ast.expr]]:
        """Each dictionary that has an ENGINE, as key and expression."""
        for node in self._nodes():
            if isinstance(node, ast.Dict):
                pairs = zip(node.keys, node.values, strict=True)
                table = {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}
                if "ENGINE" in table:
                    yield table

    def _words(self) -> Iterator[str]:
        """Names, attributes and texts: `dj_database_url`, `env.db()` and `"DATABASE_URL"` name a database."""
        for node in self._nodes():
            word = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "value", None)
            if isinstance(word, str) and (isinstance(node, (ast.Name, ast.Attribute)) or "_" in word):
                yield word

    def _nodes(self) -> Iterator[ast.AST]:
        return (node for _file, body in self.modules for node in ast.walk(body))

    def media(self) -> Iterator[str]:
        """MEDIA_ROOT, if it is inside the source."""
        yield from self._inside(self.paths.get("MEDIA_ROOT"))

    def static_root(self) -> str | None:
        """STATIC_ROOT, if it is inside the source."""
        return next(self._inside(self.paths.get("STATIC_ROOT")), None)

    def _inside(self, path: PurePosixPath | None) -> Iterator[str]:
        if path is None or not path.name or str(path) == ":memory:":
            return
        whole = path if path.is_absolute() else TOP / join(self.chdir, str(path))
        if TOP in whole.parents and ".." not in whole.parts and str(whole).isprintable():
            yield str(whole.relative_to(TOP))


def _is_sqlite(engine: ast.expr) -> bool:
    return isinstance(engine, ast.Constant) and str(engine.value).endswith(("sqlite3", "spatialite"))


def _modules(tree: SourceTree, module: str, roots: tuple[str, ...], seen: set[str]) -> Iterator[tuple[str, ast.Module]]:
    file = module_file(tree, module, *roots)
    body = parse(tree, file) if file and file not in seen else None
    if file is None or body is None:
        return
    seen.add(file)
    yield file, body
    package = module.split(".") if file.endswith("/__init__.py") else module.split(".")[:-1]
    for node in top_level(body.body):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            base = package[: len(package) - node.level + 1] if node.level else []
            yield from _modules(tree, ".".join([*base, *([node.module] if node.module else [])]), roots, seen)


def _assignment(node: ast.stmt) -> tuple[str, ast.expr | None]:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    return "", None


def evaluate(node: ast.expr, names: Mapping[str, PurePosixPath]) -> PurePosixPath | None:
    """The path that an expression such as `BASE_DIR / "db.sqlite3"` means; None if it cannot be evaluated."""
    if isinstance(node, ast.Constant):
        return PurePosixPath(node.value) if isinstance(node.value, str) and "\0" not in node.value else None
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _joined([evaluate(node.left, names), evaluate(node.right, names)])
    if isinstance(node, ast.Attribute) and node.attr == "parent":
        inner = evaluate(node.value, names)
        return inner and inner.parent
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "parents":
        inner = evaluate(node.value.value, names)
        index = node.slice.value if isinstance(node.slice, ast.Constant) else None
        return inner.parents[index] if inner and isinstance(index, int) and index < len(inner.parents) else None
    return _called(node, names) if isinstance(node, ast.Call) else None


def _called(node: ast.Call, names: Mapping[str, PurePosixPath]) -> PurePosixPath | None:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    parts = [evaluate(argument, names) for argument in node.args]
    if isinstance(function, ast.Attribute) and (name == "joinpath" or (name in _SAME and not parts)):
        parts.insert(0, evaluate(function.value, names))
    if name in ("join", "joinpath") or (name in _SAME and parts):
        return _joined(parts)
    if name == "dirname" and parts:
        return parts[0] and parts[0].parent
    return None


def _joined(parts: list[PurePosixPath | None]) -> PurePosixPath | None:
    known = [part for part in parts if part is not None]
    return PurePosixPath(*known) if known and len(known) == len(parts) else None
