"""Finds in the source of one module the object that serves, or the factory that makes it, and its interface."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple

from .committed_files import SourceTree, join, parse, top_level

Interface = Literal["wsgi", "asgi"]

NAMES = ("application", "app")
FACTORIES = ("create_app", "make_app", "build_app", "get_app", "create_application", "app_factory")
ASGI = frozenset({"fastapi", "starlette", "quart", "litestar", "sanic", "blacksheep"})
WSGI = frozenset({"flask", "apiflask", "bottle", "falcon", "pyramid", "dash", "django"})
# What makes an app of one of these frameworks, by the last part of its name.
MAKERS = frozenset(
    {"Flask", "APIFlask", "FastAPI", "Starlette", "Litestar", "Quart", "App", "API", "Bottle", "default_app"}
)
# Packages whose `app` is something else: command lines, task queues, bots, windows.
OTHERS = frozenset(
    {"typer", "celery", "click", "cyclopts", "huey", "aiogram", "kivy", "textual", "PyQt5", "PyQt6", "tkinter"}
)
HOPS = 3  # imports that are followed to where an app is made


class Found(NamedTuple):
    """A callable of a module.

    Attributes:
        name: as the inventory writes it, such as `app` or `create_app()`.
        interface: what it speaks; None if its module does not show it.
        line: of the module that binds it.
    """

    name: str
    interface: Interface | None
    line: int


class Module(NamedTuple):
    """A module of the tree. `roots` are the folders that modules are imported from."""

    tree: SourceTree
    path: str
    body: ast.Module
    roots: tuple[str, ...]

    def imported(self, node: ast.ImportFrom) -> Module | None:
        """The module of the tree that a `from ... import` names; None if it is a package's."""
        folder = posixpath.dirname(self.path)
        for _ in range(node.level - 1):
            folder = posixpath.dirname(folder)
        for root in (folder,) if node.level else self.roots:
            stem = join(root, (node.module or "").replace(".", "/")).rstrip("/")
            for path in (f"{stem}.py", join(stem, "__init__.py")):
                if path != self.path and path in self.tree.files and (body := parse(self.tree, path)):
                    return Module(self.tree, path, body, self.roots)
        return None


def find_object(module: Module) -> Found | None:
    """The object that serves: one called `application` or `app`, else what the class of a framework has made."""
    bound, sources = dict(_bound(module.body)), _imports(module.body)
    bound |= {name: node for node in _stars(module) for name in NAMES if name not in bound and _has(module, node, name)}
    named = [name for name in NAMES if name in bound and _maker(bound[name], sources).split(".")[0] not in OTHERS]
    made = [name for name, node in bound.items() if _is_app(_maker(node, sources)) and not name.startswith("_")]
    name = next(iter([*named, *made]), None)
    return Found(name, _interface_of(module, name, HOPS), bound[name].lineno) if name else None


def _stars(module: Module) -> Iterator[ast.ImportFrom]:
    """Imports of all names of another module."""
    for node in top_level(module.body.body):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            yield node


def _has(module: Module, node: ast.ImportFrom, name: str) -> bool:
    """Whether the module of the tree that all names are imported from has this one, made there."""
    origin = module.imported(node)
    if origin is None:
        return False
    sources = _imports(origin.body)
    return any(bound == name and _is_app(_maker(made, sources)) for bound, made in _bound(origin.body))


def find_factory(module: Module) -> Found | None:
    """The call of a function that makes the app and needs no argument."""
    node = next((node for node in factories(module.body) if not needs_arguments(node)), None)
    return Found(f"{node.name}()", _by_packages(module.body), node.lineno) if node else None


def factories(body: ast.Module) -> Iterator[ast.FunctionDef]:
    """Functions with a name that only factories have."""
    found = [node for node in top_level(body.body) if isinstance(node, ast.FunctionDef)]
    return (node for name in FACTORIES for node in found if node.name == name)


def needs_arguments(node: ast.FunctionDef) -> bool:
    """Whether a function cannot be called without arguments."""
    given = node.args
    return len(given.posonlyargs) + len(given.args) > len(given.defaults) or None in given.kw_defaults


def choose_interface(packages: Collection[str]) -> Interface | None:
    """What an app speaks that uses these packages; None if they do not show it."""
    if ASGI & {*packages} and not WSGI & {*packages}:
        return "asgi"
    return "wsgi" if WSGI & {*packages} else None


def _bound(body: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Names that an import of the module binds to what could be an app, with the statement."""
    for node in top_level(body.body):
        if isinstance(node, ast.Assign):
            yield from ((target.id, node) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node
        elif isinstance(node, ast.ImportFrom):
            yield from ((alias.asname or alias.name, node) for alias in node.names)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and len(node.args.args) >= 2:
            yield node.name, node


def _imports(body: ast.Module) -> dict[str, str]:
    """Name in the module -> the full name of what it is imported from; nothing of the app's own relative imports."""
    found: dict[str, str] = {}
    for node in ast.walk(body):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.asname or alias.name.split(".")[0]: _kept(alias) for alias in node.names}
    return found


def _kept(alias: ast.alias) -> str:
    return alias.name if alias.asname else alias.name.split(".")[0]


def _maker(node: ast.stmt, sources: dict[str, str]) -> str:
    """The full name of what is called to make a value, as far as imports show it."""
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    if not isinstance(value, ast.Call):
        return ""
    first, _, rest = ast.unparse(value.func).partition(".")
    return ".".join(filter(None, (sources.get(first, ""), rest))) if first in sources else ""


def _is_app(maker: str) -> bool:
    package, _, name = maker.partition(".")
    return package in ASGI | WSGI and name.split(".")[-1] in MAKERS


def _interface_of(module: Module, name: str, hops: int) -> Interface | None:
    """By the object itself, else by where it is imported from, else by what its module imports."""
    for bound, node in _bound(module.body):
        if bound != name:
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return "asgi" if isinstance(node, ast.AsyncFunctionDef) else "wsgi"
        maker = _maker(node, _imports(module.body))
        if maker.startswith("falcon.asgi."):
            return "asgi"
        if found := choose_interface({maker.split(".")[0]}):
            return found
        if found := _imported_interface(module, node, name, hops):
            return found
    return _by_packages(module.body)


def _imported_interface(module: Module, node: ast.stmt, name: str, hops: int) -> Interface | None:
    """What the app speaks by the module of the tree that it comes from, or whose factory makes it."""
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    wanted = ast.unparse(value.func).split(".")[0] if isinstance(value, ast.Call) else name
    for one in ast.walk(module.body):
        if isinstance(one, ast.ImportFrom) and hops:
            alias = next((alias for alias in one.names if wanted in (alias.asname, alias.name)), None)
            if alias and (origin := module.imported(one)):
                return _interface_of(origin, alias.name, hops - 1)
            if one.names[0].name == "*" and _has(module, one, wanted) and (origin := module.imported(one)):
                return _interface_of(origin, wanted, hops - 1)
    return None


def _by_packages(body: ast.Module) -> Interface | None:
    return choose_interface({name.split(".")[0] for name in _imports(body).values()})
