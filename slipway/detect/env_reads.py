"""Finds what one module reads of the environment: each look at a variable, with its default and its form."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from .env_classes import settings_fields
from .env_reading_functions import Call, environment_call
from .env_wrapper_functions import wrapped_call
from .names_in_module import PythonModule
from .own_modules import OwnModules

Need = Literal["required", "perhaps", "optional"]
SET_HERE = "set here"  # the default of a variable that the code itself sets
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Variable(Struct, frozen=True):
    """One environment variable that the code reads.

    Attributes:
        path, line: where it is read, or the most demanding of several places.
        need: whether the app starts without it. default: what counts then, as the source has it; "" if none is written.
        separator: what stands between several values, or `json`; "" for one value.
        truth: whether any text but an empty one means yes: it is given to bool().
    """

    name: str
    path: str
    line: int
    need: Need
    default: str = ""
    separator: str = ""
    truth: bool = False

    @property
    def where(self) -> str:
        """File and line."""
        return f"{self.path}:{self.line}"


def reads_of(modules: OwnModules, module: PythonModule, made: set[tuple[str, str]]) -> Iterator[Variable | str]:
    """What one module reads; a text for a place where the name is computed."""
    for node in module.nodes:
        if isinstance(node, ast.ClassDef):
            sure = (module.path, node.name) in made
            for field in settings_fields(modules, module, node):
                need: Need = ("required" if sure and field.simple else "perhaps") if field.needed else "optional"
                default = _written(field.default)
                yield Variable(
                    field.name, module.path, field.node.lineno, need, default, "json" if field.listed else ""
                )
            continue
        if not isinstance(node, ast.Call | ast.Subscript | ast.Compare):
            continue
        call = environment_call(modules, module, node) or wrapped_call(modules, module, node)
        if call is None or _inside_wrapper(module, call):
            continue
        name = call.name and _prefix(module, call.node) + call.name
        if not name or not _NAME.fullmatch(name):
            yield f"{module.path}:{call.node.lineno}"
        else:
            yield _variable(module, call, name)


def _variable(module: PythonModule, call: Call, name: str) -> Variable:
    sure = module.surely_runs(call.node)
    need: Need = ("required" if sure else "perhaps") if call.needed else "optional"
    outer = module.parents.get(call.node)
    fallback = call.default
    if isinstance(outer, ast.BoolOp) and isinstance(outer.op, ast.Or) and outer.values[0] is call.node:
        fallback = outer.values[-1]  # `os.environ.get("SECRET_KEY") or "dev"`
    default = SET_HERE if call.sets and sure else _written(fallback)
    truth = isinstance(outer, ast.Call) and isinstance(outer.func, ast.Name) and outer.func.id == "bool"
    return Variable(name, module.path, call.node.lineno, need, default, _separator(module, call.node), truth)


def _written(node: ast.expr | None) -> str:
    return " ".join(ast.unparse(node).split()) if node else ""


def _inside_wrapper(module: PythonModule, call: Call) -> bool:
    """Whether the name is an argument of the function around: what is read stands where that is called."""
    if call.name or not isinstance(call.key, ast.Name):
        return False
    functions = (outer for _, outer in module.around(call.node) if isinstance(outer, ast.FunctionDef))
    return any(argument.arg == call.key.id for function in functions for argument in function.args.args)


def _prefix(module: PythonModule, node: ast.AST) -> str:
    """What `with env.prefixed("X_"):` puts before a name."""
    prefix = ""
    for inner, outer in module.around(node):
        if isinstance(outer, ast.With) and inner in outer.body:
            for item in outer.items:
                call = item.context_expr
                if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "prefixed" and call.args:
                    prefix = str(getattr(call.args[0], "value", "")) + prefix
    return prefix


def _separator(module: PythonModule, node: ast.expr) -> str:
    """What stands between values, by what is done with the text; "" if it is one value."""
    if isinstance(node, ast.Call):
        if getattr(node.func, "attr", "") in ("list", "tuple"):
            return ","
        if any(re.search("Csv|CommaSeparated|split|list", ast.unparse(word.value)) for word in node.keywords[:3]):
            return ","
    for inner, outer in list(module.around(node))[:4]:
        if isinstance(outer, ast.Attribute) and outer.attr == "split" and outer.value is inner:
            call = module.parents.get(outer)
            given = call.args[0] if isinstance(call, ast.Call) and call.args else None
            return str(given.value) if isinstance(given, ast.Constant) and given.value else " "
        if isinstance(outer, ast.Call) and module.dotted(outer.func) == "json.loads":
            return "json"
    return ""
