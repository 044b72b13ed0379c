"""Finds the WSGI or ASGI application (module:object) of an app that does not use Django."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable, Iterator
from typing import NamedTuple

from slipway.core.errors import UsageError
from slipway.inventory.app import App

from . import paste_ini
from .callables_in_module import (
    Found,
    Interface,
    Module,
    choose_interface,
    factories,
    find_factory,
    find_object,
    needs_arguments,
)
from .committed_files import Folders, SourceTree, join, parse

FILES = (
    "wsgi.py",
    "asgi.py",
    "app.py",
    "main.py",
    "application.py",
    "server.py",
    "__init__.py",
    "api.py",
    "web.py",
    "webapp.py",
    "run.py",
)
SOURCES = ("src", "lib")  # folders that packages lie in, and that are none themselves
MANY = 40  # further modules at the top that are looked at


class Target(NamedTuple):
    """A callable such as `app:app`.

    Attributes:
        chdir: the folder to run in. name: the callable. interface: what it speaks.
        python_path: folders to import from besides, relative to the source.
        place: the file and line that bind it; "" if the inventory names it.
    """

    chdir: str
    name: str
    interface: Interface
    python_path: tuple[str, ...] = ()
    place: str = ""


class NothingFound(UsageError):
    """Nothing in the source could serve the app."""


def find(tree: SourceTree, app: App, dependencies: frozenset[str]) -> Target:
    """Find the app's callable: at the top (or in app.chdir), in a folder or package below it, or one level deeper.

    Raises:
        UsageError: none, or several; names the lines of the inventory that decide.
    """
    top = app.chdir or ""
    for candidates in _searches(tree, top, dependencies):
        if len(candidates) > 1:
            candidates = [one for one in candidates if _is_named(one, app)] or candidates
        if len(candidates) > 1:
            raise _several(candidates)
        if candidates:
            return candidates[0]
    raise _nothing(tree, top)


def _searches(tree: SourceTree, top: str, dependencies: frozenset[str]) -> Iterator[list[Target]]:
    """What is found at each place, the most usual place first; the first that has something decides."""

    def at(places: list[str]) -> list[Target]:
        return [target for place in places if (target := _in(tree, top, place, FILES, dependencies))]

    yield at([top])
    if ini := paste_ini.find(tree, top):
        yield [Target(top, ini.target, "wsgi", place=ini.path)]
    folders = Folders(tree)
    near = folders.within(top)
    yield at([*near, *folders.within(*(place for place in near if posixpath.basename(place) in SOURCES))])
    deeper = folders.within(*near)
    yield at(deeper)
    yield at(folders.within(*deeper))
    loose = sorted(path for path in tree.files if posixpath.dirname(path) == top and path.endswith(".py"))[:MANY]
    names = [posixpath.basename(path) for path in loose]
    yield [target for name in names if (target := _in(tree, top, top, (name,), dependencies))]


def _is_named(target: Target, app: App) -> bool:
    """Whether a package has the name of the app."""
    return target.name.split(":")[0].split(".")[0].replace("_", "-") == app.name


def _in(tree: SourceTree, top: str, folder: str, names: tuple[str, ...], known: frozenset[str]) -> Target | None:
    """The best callable of one folder: an object before a factory, then by the order of the files' names."""
    paths = [path for name in names if (path := join(folder, name)) in tree.files]
    modules = [
        Module(tree, path, body, _roots(tree, top, folder, body)) for path in paths if (body := parse(tree, path))
    ]
    looks: tuple[Callable[[Module], Found | None], ...] = (find_object, find_factory)
    for look in looks:
        for module in modules:
            if found := look(module):
                return _target(module, found, top, known)
    return None


def _roots(tree: SourceTree, top: str, folder: str, body: ast.Module) -> tuple[str, ...]:
    """Where modules of a folder are imported from: above it if it is a package, else from itself."""
    root = folder
    if root != top and _is_package(tree, root, body):
        root = posixpath.dirname(root)
        while root != top and join(root, "__init__.py") in tree.files:
            root = posixpath.dirname(root)
    return (root,)


def _is_package(tree: SourceTree, folder: str, body: ast.Module) -> bool:
    """Whether a module is imported as part of a package: by `__init__.py`, unless it imports what lies beside it.

    A folder without `__init__.py` is one, too, if its modules name it.
    """
    beside = own = False
    for node in ast.walk(body):
        if isinstance(node, ast.ImportFrom) and node.level:
            own = True
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            first = {name.split(".")[0] for name in named}
            own = own or posixpath.basename(folder) in first
            beside = beside or any(join(folder, f"{name}.py") in tree.files for name in first)
    return own or (join(folder, "__init__.py") in tree.files and not beside)


def _target(module: Module, found: Found, top: str, known: frozenset[str]) -> Target:
    """A callable with the folder to run in; what lies in `src` runs from above it, where other files lie."""
    (root,) = module.roots
    stem = module.path.removeprefix(join(root, "")).removesuffix(".py").removesuffix("/__init__")
    interface = found.interface or choose_interface(known) or ("asgi" if stem.endswith("asgi") else "wsgi")
    name, place = f"{stem.replace('/', '.')}:{found.name}", f"{module.path}:{found.line}"
    if root != top and posixpath.basename(root) in SOURCES and "/" in module.path.removeprefix(join(root, "")):
        return Target(posixpath.dirname(root), name, interface, (root,), place)
    return Target(root, name, interface, (), place)


def _several(found: list[Target]) -> UsageError:
    """The error that names each candidate, and the lines of the inventory that choose it."""
    names = ", ".join(f"{join(target.chdir, '')}{target.name} ({target.place})" for target in found)
    lines = "; or ".join(" and ".join(filter(None, (target.chdir and f'chdir = "{target.chdir}"',
        f'{target.interface} = "{target.name}"'))) for target in found)  # fmt: skip
    return UsageError(f"several objects could serve the app: {names}", hint=f"Put one into [app]: {lines}")


def _nothing(tree: SourceTree, top: str) -> UsageError:
    """The error for an app that cannot be told, with what comes closest to one."""
    for folder in (top, *Folders(tree).within(top)):
        for path in (join(folder, name) for name in FILES if join(folder, name) in tree.files):
            for node in factories(body) if (body := parse(tree, path)) else ():
                if needs_arguments(node):
                    stem = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
                    return NothingFound(
                        f"{path}, line {node.lineno}: {node.name} makes the app, but needs arguments",
                        hint=f"Name them in [app], such as wsgi = \"{stem}:{node.name}('production')\".",
                    )
    return NothingFound(
        "cannot tell what kind of app this is: the commit has no manage.py, no Procfile with a web server, and no "
        "app, application or create_app() in wsgi.py, asgi.py, app.py, main.py or a package",
        hint="Set app.chdir to its folder, and app.wsgi or app.asgi, such as 'package.module:app'. A program without a "
        "web side, such as a bot, says web = false, and what to run in [app.processes].",
    )
