"""Finds what an app that is none of Django's writes beside its code: SQLite files, and folders that it makes.

The app cannot write to a release, and a release is deleted one day: such places belong into shared/.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from slipway.inventory.app import App

from .committed_files import SourceTree, join, text, top_level
from .django_data_paths import TOP, Place, assignment, evaluate
from .names_in_module import PythonModule
from .own_modules import OwnModules
from .problems import linked

if TYPE_CHECKING:
    from . import Detected

_WORDS = re.compile(r"sqlite[+\w]*:///|mkdir|makedirs")
_URL = re.compile(r"sqlite[+\w]*:///")
_MAKERS = frozenset({"os.mkdir", "os.makedirs"})


def data_in_source(tree: SourceTree, app: App, found: Detected) -> Iterator[str]:
    """Lines of [app] that keep it."""
    modules = OwnModules(tree, found.chdir, found.python_path)
    instance = "instance" if "flask-sqlalchemy" in found.requirements.names else ""
    places: dict[str, dict[str, str]] = {"linked_dirs": {}, "linked_files": {}}
    for path in modules.started([(found.target or "").partition(":")[0]]):
        module = modules.parsed(path) if _WORDS.search(text(tree, path)) else None
        for key, place, line in _written(module, instance) if module else ():
            for one in _inside(place, found.chdir):
                places[key].setdefault(one, f"{path}:{line}")
    kept = (*app.linked_dirs, *app.linked_files)
    for key, named in places.items():
        lacking = {one: at for one, at in named.items() if not linked(kept, one)}
        if lacking:
            listed = ", ".join(f'"{one}"' for one in lacking)
            yield f"{key} = [{listed}]  # {', '.join(lacking.values())}"
        kept = (*kept, *lacking)


def _written(module: PythonModule, instance: str) -> Iterator[tuple[str, PurePosixPath | None, int]]:
    """What one module writes: the key of [app] that keeps it, its place, and the line."""
    names: dict[str, Place] = {"__file__": TOP / module.path}
    for statement in top_level(module.body.body):
        name, value = assignment(statement)
        if name and value and (place := evaluate(value, names)) is not None:
            names[name] = place
    for node in module.nodes:
        line = getattr(node, "lineno", 0)
        yield "linked_files", _sqlite(node, names, instance), line
        if isinstance(node, ast.Call) and module.dotted(node.func) in _MAKERS and node.args:
            yield "linked_dirs", evaluate(node.args[0], names), line


def _sqlite(node: ast.AST, names: dict[str, Place], instance: str) -> PurePosixPath | None:
    """The file of an address such as `"sqlite:///" + os.path.join(HERE, "app.db")`.

    Args:
        instance: the folder that relative ones lie in.
    """
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and _is_bare(node.left):
        return evaluate(node.right, names)
    if isinstance(node, ast.JoinedStr) and len(node.values) > 1 and _is_bare(node.values[0]):
        return _formatted(node.values[1:], names)
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and (match := _URL.match(node.value)):
        rest = node.value[match.end() :].partition("?")[0]
        if rest and not rest.startswith((":", "/", "{", "%")):
            return PurePosixPath(instance, rest)
    return None


def _formatted(parts: list[ast.expr], names: dict[str, Place]) -> PurePosixPath | None:
    """A path that is one value, and perhaps some text after it."""
    first = evaluate(parts[0].value, names) if isinstance(parts[0], ast.FormattedValue) else None
    rest = [part.value for part in parts[1:] if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return first / "".join(rest).lstrip("/") if first and len(rest) == len(parts) - 1 else None


def _is_bare(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_URL.fullmatch(node.value))


def _inside(place: PurePosixPath | None, chdir: str) -> Iterator[str]:
    """The path relative to the source; nothing for one outside of it."""
    if place is None or not place.name or place.name == ":memory:" or ".." in place.parts:
        return
    whole = place if place.is_absolute() else TOP / join(chdir, str(place))
    if TOP in whole.parents and str(whole).isprintable():
        yield posixpath.normpath(str(whole.relative_to(TOP)))
