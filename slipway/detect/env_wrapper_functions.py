"""Looks through functions of the app's own that read a variable by a name that they are given."""

from __future__ import annotations

import ast
import re

from .env_reading_functions import Call, environment_call, text
from .names_in_module import Function, PythonModule
from .own_modules import OwnModules

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


def wrapped_call(modules: OwnModules, module: PythonModule, node: ast.AST) -> Call | None:
    """What a call such as `get_env("SECRET_KEY")` asks the environment for; None if it does not."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
        return None
    given = next((one for one in node.args if _VARIABLE.fullmatch(text(module, one) or "")), None)
    if given is None:
        return None
    home, name = modules.find(module, node.func.id)
    function = home.functions.get(name)
    inner = _inner(modules, home, function) if function else None
    at = node.args.index(given)
    names = [argument.arg for argument in function.args.args] if function else []
    if function is None or inner is None or at >= len(names) or getattr(inner.key, "id", "") != names[at]:
        return None
    others = [argument for argument in node.args if argument is not given]
    default = others[0] if others else next((word.value for word in node.keywords), None)
    needed = inner.needed and len(names) == 1 and _in_any_case(home, function, inner)
    return Call(node, text(module, given), needed, default, given)


def _inner(modules: OwnModules, home: PythonModule, function: Function) -> Call | None:
    """The look into the environment by an argument of the function; the one that fails without the variable first."""
    names = {argument.arg for argument in function.args.args}
    found = [
        call
        for node in ast.walk(function)
        if (call := environment_call(modules, home, node)) and getattr(call.key, "id", "") in names
    ]
    return min(found, key=lambda call: not call.needed, default=None)


def _in_any_case(home: PythonModule, function: Function, inner: Call) -> bool:
    """Whether a call of the function surely comes to the look into the environment."""
    before = set(home.run)
    home.run.add(function.name)
    try:
        return home.surely_runs(inner.node)
    finally:
        home.run = before
