"""Finds where Django's settings put databases and uploads: data inside the source would be lost with a release."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from .committed_files import SourceTree, join, module_file, parse, top_level

# Stands for the top of the source in paths that settings compute from __file__.
TOP = PurePosixPath("/<top>")
_SAME = frozenset({"resolve", "absolute", "str", "Path", "PurePath", "abspath", "realpath", "normpath"})


class PathFunction(NamedTuple):
    """A function of the settings that makes a path of others: `location = lambda x: os.path.join(HERE, x)`.

    Attributes:
        parameters: their names; the last may begin with a star. body: what it returns. names: what it knows.
    """

    parameters: tuple[str, ...]
    body: ast.expr | None
    names: Mapping[str, Place]

    @classmethod
    def of(cls, arguments: ast.arguments, body: ast.expr | None, names: Mapping[str, Place]) -> PathFunction:
        rest = (f"*{arguments.vararg.arg}",) if arguments.vararg else ()
        return cls((*(one.arg for one in arguments.args), *rest), body, dict(names))

    def called(self, given: list[PurePosixPath | None]) -> PurePosixPath | None:
        """What a call returns; None if it cannot be told."""
        if self.body is None or None in given:
            return None
        known: dict[str, Place] = dict(self.names)
        for number, name in enumerate(self.parameters):
            value = _joined(given[number:]) if name[0] == "*" else given[number] if number < len(given) else None
            if value is None:
                return None
            known[name] = known[name.lstrip("*")] = value
        return evaluate(self.body, known)


Place = PurePosixPath | PathFunction


class Settings:
    """What can be read from a settings module, and the modules it imports all from, without running them."""

    def __init__(self, tree: SourceTree, module: str, chdir: str, python_path: tuple[str, ...] = ()) -> None:
        self.modules = list(_modules(tree, module, (chdir, *python_path), set()))
        self.chdir = chdir
        self.values: dict[str, ast.expr] = {}
        self.paths: dict[str, Place] = {}
        for file, body in reversed(self.modules):
            names: dict[str, Place] = self.paths | {"__file__": TOP / file}
            for node in top_level(body.body):
                target, value = assignment(node)
                if target and value:
                    self.values[target] = value
                    if (path := evaluate(value, names)) is not None:
                        names[target] = self.paths[target] = path
                elif isinstance(node, ast.FunctionDef) and len(node.body) == 1 and isinstance(node.body[0], ast.Return):
                    self.paths[node.name] = names[node.name] = PathFunction.of(node.args, node.body[0].value, names)
                if target and isinstance(value, ast.Lambda):
                    self.paths[target] = names[target] = PathFunction.of(value.args, value.body, names)

    def constant(self, name: str) -> str | None:
        """The text that a setting is set to, if it is written out."""
        value = self.values.get(name)
        return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None

    def sqlite(self) -> bool:
        """Whether SQLite is the one database that settings speak of, in whatever branch."""
        engines = [table["ENGINE"] for table in self._databases()]
        by_url = any("database_url" in word.lower() or word == "db" for word in self._words())
        return bool(engines) and all(_is_sqlite(engine) for engine in engines) and not by_url

    def names_database(self) -> bool:
        """Whether the settings set DATABASES, in whatever way, or import them, perhaps from what is not committed."""
        aliases = [node.name for node in self._nodes() if isinstance(node, ast.alias)]
        unknown = aliases.count("*") >= len(self.modules)
        return unknown or any("database" in word.lower() for word in (*self.values, *self._words(), *aliases))

    def databases(self) -> Iterator[str]:
        """SQLite files inside the source."""
        for table in self._databases():
            if _may_be_sqlite(table["ENGINE"]) and "NAME" in table:
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
        yield from self._inside(self._path("MEDIA_ROOT"))

    def static_root(self) -> str | None:
        """STATIC_ROOT, if it is inside the source."""
        return next(self._inside(self._path("STATIC_ROOT")), None)

    def _path(self, name: str) -> PurePosixPath | None:
        found = self.paths.get(name)
        return found if isinstance(found, PurePosixPath) else None

    def _inside(self, path: PurePosixPath | None) -> Iterator[str]:
        if path is None or not path.name or str(path) == ":memory:":
            return
        whole = path if path.is_absolute() else TOP / join(self.chdir, str(path))
        if TOP in whole.parents and ".." not in whole.parts and str(whole).isprintable():
            yield str(whole.relative_to(TOP))


def _is_sqlite(engine: ast.expr) -> bool:
    return isinstance(engine, ast.Constant) and str(engine.value).endswith(("sqlite3", "spatialite"))


def _may_be_sqlite(engine: ast.expr) -> bool:
    """Whether an engine is SQLite unless the environment names another one, or is computed from what it says."""
    if isinstance(engine, ast.BoolOp):
        engine = engine.values[-1]
    if isinstance(engine, ast.Call):
        engine = _default(engine) or engine
    return _is_sqlite(engine) or isinstance(engine, ast.JoinedStr)


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


def assignment(node: ast.stmt) -> tuple[str, ast.expr | None]:
    """The name that a statement sets, and the value."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    return "", None


def evaluate(node: ast.expr, names: Mapping[str, Place]) -> PurePosixPath | None:
    """The path that an expression such as `BASE_DIR / "db.sqlite3"` means; None if it cannot be evaluated."""
    if isinstance(node, ast.Constant):
        return PurePosixPath(node.value) if isinstance(node.value, str) and "\0" not in node.value else None
    if isinstance(node, ast.Name):
        found = names.get(node.id)
        return found if isinstance(found, PurePosixPath) else None
    if isinstance(node, ast.Starred) and isinstance(node.value, ast.Name):
        return evaluate(ast.Name(f"*{node.value.id}"), names)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _joined([evaluate(node.left, names), evaluate(node.right, names)])
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        return evaluate(node.values[-1], names)  # `os.getenv("DB_NAME") or "db.sqlite3"`
    if isinstance(node, ast.Attribute) and node.attr == "parent":
        inner = evaluate(node.value, names)
        return inner and inner.parent
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "parents":
        inner = evaluate(node.value.value, names)
        index = node.slice.value if isinstance(node.slice, ast.Constant) else None
        return inner.parents[index] if inner and isinstance(index, int) and index < len(inner.parents) else None
    return _called(node, names) if isinstance(node, ast.Call) else None


def _called(node: ast.Call, names: Mapping[str, Place]) -> PurePosixPath | None:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    parts = [evaluate(argument, names) for argument in node.args]
    if isinstance(function, ast.Name) and isinstance(own := names.get(name), PathFunction):
        return own.called(parts)
    if isinstance(function, ast.Attribute) and (name == "joinpath" or (name in _SAME and not parts)):
        parts.insert(0, evaluate(function.value, names))
    if name in ("join", "joinpath") or (name in _SAME and parts):
        return _joined(parts)
    if default := _default(node):
        return evaluate(default, names)
    if name == "dirname" and parts:
        return parts[0] and parts[0].parent
    return None


def _default(node: ast.Call) -> ast.expr | None:
    """What `os.getenv("DB_NAME", BASE_DIR / "db.sqlite3")`, `env("DB_NAME", default=...)` and the like fall back to.

    So does `config.get("database", "name", fallback=...)` of a configparser.
    """
    named = next((word.value for word in node.keywords if word.arg in ("default", "fallback")), None)
    first = node.args[0] if node.args else None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return None
    variable = re.fullmatch(r"[A-Z][A-Z0-9_]*", first.value)
    return named or (node.args[1] if variable and len(node.args) == 2 else None)


def _joined(parts: list[PurePosixPath | None]) -> PurePosixPath | None:
    known = [part for part in parts if part is not None]
    return PurePosixPath(*known) if known and len(known) == len(parts) else None
