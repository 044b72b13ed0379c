"""Finds settings of Django that only suit development and cannot be set from outside: Slipway sets these itself.

`django-admin startproject` writes DEBUG = True, a SECRET_KEY and no ALLOWED_HOSTS into settings.py. Where such a
setting is a plain value that nothing else in the settings depends on, a deploy may give it another one. Anything less
plain is the app's own affair.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal, NamedTuple

from slipway.inventory.app import App
from slipway.inventory.warning_names import named

from .django_data_paths import Settings
from .env_reads import Variable

Name = Literal["DEBUG", "SECRET_KEY", "ALLOWED_HOSTS"]
COMMITTED = "in the source"  # in the place of a default that is a secret
_DYNAMIC = frozenset({"locals", "globals", "exec", "eval", "include", "setattr", "vars"})


class Override(NamedTuple):
    """A setting that is given another value.

    Attributes:
        path, line: where the source sets it.
    """

    name: Name
    path: str
    line: int


def overrides(settings: Settings, app: App) -> tuple[Override, ...]:
    """The settings that Slipway sets, unless the inventory allows them as they are."""
    nodes = [(file, node) for file, body in settings.modules for node in ast.walk(body)]
    top = {node for _, body in settings.modules for node in body.body}
    if not all(_is_plain(node, {file for file, _ in settings.modules}) for _, node in nodes):
        return ()
    return tuple(_found(nodes, top, app))


def required(found: tuple[Override, ...]) -> Iterator[Variable]:
    """The variable without which one of them has no value to be given."""
    for one in found:
        if one.name == "SECRET_KEY":
            yield Variable(one.name, one.path, one.line, "required", COMMITTED)


def note(found: tuple[Override, ...]) -> Iterator[str]:
    """What is told of them, in one line."""
    words = {
        "DEBUG": "DEBUG is off",
        "SECRET_KEY": "SECRET_KEY is that of [env]",
        "ALLOWED_HOSTS": "ALLOWED_HOSTS has the site's names",
    }
    if found:
        told = ", ".join(f"{words[one.name]} ({one.path}:{one.line})" for one in found)
        yield named("production-settings", f"on hosts, in the place of what the source says: {told}")


def _is_plain(node: ast.AST, files: set[str]) -> bool:
    """Whether nothing here may set any setting unseen."""
    if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
        if (node.module or "").split(".")[0] == "django" and not node.level:
            return True
        last = (node.module or "").replace(".", "/")
        return any(file.endswith((f"{last}.py", f"{last}/__init__.py")) for file in files) and bool(last)
    return not (isinstance(node, ast.Name) and node.id in _DYNAMIC)


def _found(nodes: list[tuple[str, ast.AST]], top: set[ast.stmt], app: App) -> Iterator[Override]:
    for name, fits, risk in (
        ("DEBUG", _is_true, "debug"),
        ("SECRET_KEY", _is_text, "committed-secret-key"),
        ("ALLOWED_HOSTS", _is_list_of_names, ""),
    ):
        uses = [(file, node) for file, node in nodes if isinstance(node, ast.Name) and node.id == name]
        assigned = [
            (file, node)
            for file, node in nodes
            if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == [name]
        ]
        if len(uses) == len(assigned) == 1 and assigned[0][1] in top and risk not in app.allow:
            file, node = assigned[0]
            if isinstance(node, ast.Assign) and fits(node.value):
                yield Override(name, file, node.lineno)  # type: ignore[arg-type]


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value)


def _is_list_of_names(node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Tuple) and all(_is_text(one) and _value(one) != "*" for one in node.elts)


def _value(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None
