"""Finds the WSGI or ASGI application (module:object) of an app that does not use Django."""

from __future__ import annotations

import ast
import posixpath
from typing import Literal, NamedTuple

from slipway.core.errors import UsageError
from slipway.inventory.app import App

from .committed_files import SourceTree, folders, join, parse, top_level

Interface = Literal["wsgi", "asgi"]

FILES = ("wsgi.py", "asgi.py", "app.py", "main.py", "application.py", "server.py", "__init__.py")
NAMES = ("application", "app")
FACTORIES = ("create_app", "make_app")
ASGI = frozenset({"fastapi", "starlette", "quart", "litestar", "sanic", "blacksheep"})
WSGI = frozenset({"flask", "bottle", "falcon", "pyramid", "dash", "django"})


class Target(NamedTuple):
    """A callable such as `app:app`, run from the folder `chdir`."""

    chdir: str
    name: str
    interface: Interface


def find(tree: SourceTree, app: App, dependencies: frozenset[str]) -> Target:
    """Find the app's callable at the top of the tree (or in app.chdir), else in one folder below it.

    Raises:
        UsageError: none, or several; names the key to set.
    """
    top = app.chdir or ""
    if here := _in(tree, top, dependencies):
        return here
    below = [target for folder in folders(tree, top) if (target := _in(tree, folder, dependencies))]
    if len(below) > 1:
        names = ", ".join(f"{join(target.chdir, '')}{target.name}" for target in below)
        raise UsageError(f"several objects could serve the app: {names}", hint="Set app.wsgi or app.asgi.")
    if not below:
        raise UsageError(
            "cannot tell what kind of app this is: the commit has no manage.py, and no app or application in "
            "wsgi.py, asgi.py, app.py or main.py",
            hint="Set app.chdir to its folder, and app.wsgi or app.asgi, such as 'package.module:app'.",
        )
    return below[0]


def _in(tree: SourceTree, folder: str, dependencies: frozenset[str]) -> Target | None:
    """The best callable of one folder: an object before a factory, then by the order of FILES."""
    paths = [path for name in FILES if (path := join(folder, name)) in tree.files]
    bodies = [(path, body) for path in paths if (body := parse(tree, path))]
    for look in (_object, _factory):
        for path, body in bodies:
            if name := look(body):
                interface = _interface(path, body, name, dependencies)
                return _target(tree, folder, path, name, interface)
    return None


def _target(tree: SourceTree, folder: str, path: str, name: str, interface: Interface) -> Target:
    """A package is imported from the folder above it, loose modules from their own."""
    module = posixpath.basename(path)[:-3]
    if folder and join(folder, "__init__.py") in tree.files:
        above, package = posixpath.split(folder)
        return Target(above, f"{package}:{name}" if module == "__init__" else f"{package}.{module}:{name}", interface)
    return Target(folder, f"{module}:{name}", interface)


def _object(body: ast.Module) -> str | None:
    """A name of NAMES that the module binds."""
    bound: set[str] = set()
    for node in top_level(body.body):
        if isinstance(node, ast.Assign):
            bound |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            bound.add(node.target.id)
        elif isinstance(node, ast.ImportFrom):
            bound |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and len(node.args.args) >= 2:
            bound.add(node.name)
    return next((name for name in NAMES if name in bound), None)


def _factory(body: ast.Module) -> str | None:
    """A call of a function of FACTORIES that needs no argument."""
    for node in top_level(body.body):
        if not isinstance(node, ast.FunctionDef) or node.name not in FACTORIES:
            continue
        if len(node.args.args) == len(node.args.defaults):
            return f"{node.name}()"
    return None


def _interface(path: str, body: ast.Module, name: str, dependencies: frozenset[str]) -> Interface:
    """WSGI or ASGI: by the object itself, what its module imports, its file's name, the dependencies."""
    sources = _imports(body)
    for node in top_level(body.body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
            return "asgi" if isinstance(node, ast.AsyncFunctionDef) else "wsgi"
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made_by = sources.get(ast.unparse(node.value.func).split(".")[0])
            if any(getattr(target, "id", None) == name for target in node.targets) and made_by in ASGI | WSGI:
                return "asgi" if made_by in ASGI else "wsgi"
    for packages in (set(sources.values()), dependencies):
        if packages & ASGI and not packages & WSGI:
            return "asgi"
        if packages & WSGI:
            return "wsgi"
        if posixpath.basename(path) == "asgi.py":
            return "asgi"
    return "wsgi"


def _imports(body: ast.Module) -> dict[str, str]:
    """Name in the module -> top-level package that it comes from."""
    found: dict[str, str] = {}
    for node in ast.walk(body):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {alias.asname or alias.name: node.module.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {(alias.asname or alias.name).split(".")[0]: alias.name.split(".")[0] for alias in node.names}
    return found
