"""Knows the functions by which Python apps read environment variables: the standard library's and those of packages."""

from __future__ import annotations

import ast
from types import MappingProxyType
from typing import NamedTuple

from .names_in_module import PythonModule
from .own_modules import OwnModules

# What makes an object that reads variables when it is called, by its full name.
MAKERS = MappingProxyType(
    {
        "environs.Env": "environs",
        "environs.FileAwareEnv": "environs",
        "environ.Env": "django-environ",
        "environ.FileAwareEnv": "django-environ",
        "starlette.config.Config": "starlette",
        "decouple.Config": "decouple",
        "decouple.AutoConfig": "decouple",
    }
)
# Such objects that packages have ready.
READY = MappingProxyType({"environs.env": "environs", "decouple.config": "decouple"})
# Methods of these objects that read no variable by its name.
_OTHER = frozenset({"read_env", "read_envfile", "prefixed", "dump", "seal", "add_parser", "parser_for", "unique_env"})
# Methods of django-environ that have a name of their own, and their aliases.
_IMPLICIT = MappingProxyType(
    {
        **dict.fromkeys(("db", "db_url"), "DATABASE_URL"),
        **dict.fromkeys(("cache", "cache_url"), "CACHE_URL"),
        **dict.fromkeys(("email", "email_url"), "EMAIL_URL"),
        **dict.fromkeys(("search", "search_url"), "SEARCH_URL"),
        **dict.fromkeys(("channels", "channels_url"), "CHANNELS_URL"),
    }
)
# Where the default stands among the positional arguments, if it can stand there.
_DEFAULT_AT = MappingProxyType({"environs": 1, "django-environ": 1, "starlette": 2, "decouple": 1})


class Call(NamedTuple):
    """One look into the environment.

    Attributes:
        name: of the variable; None if it is computed.
        node: where it is. key: the expression that gives the name.
        needed: whether it fails without the variable. default: what counts without it, if that is written there.
        sets: whether it sets the variable.
    """

    node: ast.expr
    name: str | None
    needed: bool
    default: ast.expr | None = None
    key: ast.expr | None = None
    sets: bool = False


def environment_call(modules: OwnModules, module: PythonModule, node: ast.AST) -> Call | None:
    """What a node asks the environment for; None if it does not."""
    if isinstance(node, ast.Subscript) and module.dotted(node.value) == "os.environ":
        sets = isinstance(node.ctx, ast.Store)
        return Call(node, text(module, node.slice), isinstance(node.ctx, ast.Load), None, node.slice, sets)
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
        if module.dotted(node.comparators[0]) == "os.environ":
            return Call(node, text(module, node.left), False, None, node.left)
        return None
    if not isinstance(node, ast.Call):
        return None
    dotted = module.dotted(node.func)
    if dotted.startswith("os."):
        return _standard(module, node, dotted)
    if dotted == "dj_database_url.config":
        env = _argument(node, 0, "env")
        return Call(node, text(module, env) if env else "DATABASE_URL", False, _argument(node, 1, "default"))
    if dotted == "decouple.config":
        return _library(module, node, "decouple", {}, "")
    if isinstance(node.func, ast.Attribute) and node.func.attr == "from_envvar":
        silent = _argument(node, 1, "silent")
        needed = not (isinstance(silent, ast.Constant) and silent.value)
        return Call(node, text(module, _argument(node, 0, "variable_name")), needed)
    return _object(modules, module, node)


def text(module: PythonModule, node: ast.AST | None) -> str | None:
    """A text that is written out, or that a constant of the module stands for."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return module.constants.get(node.id) if isinstance(node, ast.Name) else None


def _argument(node: ast.Call, position: int, keyword: str) -> ast.expr | None:
    named = next((word.value for word in node.keywords if word.arg == keyword), None)
    return named or (node.args[position] if len(node.args) > position else None)


def _standard(module: PythonModule, node: ast.Call, dotted: str) -> Call | None:
    if dotted not in ("os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault") or not node.args:
        return None
    default = _argument(node, 1, "default")
    needed = dotted == "os.environ.pop" and default is None
    return Call(node, text(module, node.args[0]), needed, default, node.args[0], dotted.endswith("setdefault"))


def _object(modules: OwnModules, module: PythonModule, node: ast.Call) -> Call | None:
    """A call of an object of a library, `env("X")`, or of one of its methods, `env.bool("X")`."""
    function = node.func
    base, method = (function.value, function.attr) if isinstance(function, ast.Attribute) else (function, "")
    if not isinstance(base, ast.Name) or method in _OTHER:
        return None
    home, name = modules.find(module, base.id)
    made = _made(home, name)
    if made is None or (method in ("get", "mapping") and made[0] == "environs"):
        return None
    return _library(module, node, *made, method)


def _made(module: PythonModule, name: str) -> tuple[str, dict[str, bool]] | None:
    """The library of the object that a name stands for, and its scheme: names, and whether they have a default."""
    call = module.made.get(name)
    library = MAKERS.get(module.dotted(call.func)) if call else None
    if call and library:
        words = call.keywords if library == "django-environ" else []
        return library, {word.arg: isinstance(word.value, ast.Tuple) for word in words if word.arg}
    ready = READY.get(module.origins.get(name, ""))
    return (ready, {}) if ready else None


def _library(module: PythonModule, node: ast.Call, library: str, scheme: dict[str, bool], method: str) -> Call:
    implicit = _IMPLICIT.get(method) if library == "django-environ" else None
    key = node.args[0] if node.args else next((word.value for word in node.keywords if word.arg == "var"), None)
    name = text(module, key) if key else implicit
    at = 2 if library == "django-environ" and not method else _DEFAULT_AT[library]
    default = _argument(node, at, "default")
    given = default is not None or scheme.get(name or "", False)
    return Call(node, name, not given, default, key)
