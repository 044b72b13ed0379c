"""Reads which folders a manage.py adds to sys.path: whatever else runs in the release needs them, too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from .committed_files import SourceTree, join, parse
from .django_data_paths import TOP, evaluate


def added_folders(tree: SourceTree, path: str, chdir: str) -> tuple[str, ...]:
    """Folders of the source that a file adds to sys.path, relative to the source; what cannot be told is left out.

    Args:
        path: of the file. chdir: where it runs.
    """
    body = parse(tree, path)
    names = {"__file__": TOP / path}
    found: dict[str, None] = {}
    nodes = [node for node in ast.walk(body) if isinstance(node, ast.stmt)] if body else []
    for node in sorted(nodes, key=lambda node: node.lineno):
        for value in _added(node):
            place = evaluate(value, names)
            whole = TOP / join(chdir, str(place)) if place and not place.is_absolute() else place
            if whole and TOP in whole.parents and ".." not in whole.parts:
                found[str(whole.relative_to(TOP))] = None
        _remember(node, names)
    return tuple(one for one in found if one != chdir and any(file.startswith(f"{one}/") for file in tree.files))


def _remember(node: ast.stmt, names: dict[str, PurePosixPath]) -> None:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        value = evaluate(node.value, names)
        if value is not None:
            names[node.targets[0].id] = value


def _added(node: ast.stmt) -> Iterator[ast.expr]:
    """What a statement adds: `sys.path.append(x)`, `sys.path.insert(0, x)`, `sys.path += [x]`."""
    if isinstance(node, ast.AugAssign) and ast.unparse(node.target) == "sys.path":
        yield from getattr(node.value, "elts", [])
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args:
        if ast.unparse(call.func.value) == "sys.path" and call.func.attr in ("append", "insert"):
            yield call.args[-1]
        elif ast.unparse(call.func) == "sys.path.extend":
            yield from getattr(call.args[0], "elts", [])
