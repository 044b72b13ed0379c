"""Reads which environment variables the fields of pydantic's settings classes stand for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from .names_in_module import PythonModule
from .own_modules import OwnModules

_BASES = frozenset({"pydantic.BaseSettings", "pydantic_settings.BaseSettings", "pydantic.v1.BaseSettings"})
_PLAIN = frozenset({"str", "int", "float", "bool", "bytes", "SecretStr", "Path", "EmailStr", "AnyUrl", "AnyHttpUrl"})


class Field(NamedTuple):
    """One variable that a class reads when an object of it is made.

    Attributes:
        field: as the class calls it. simple: whether it surely stands for one variable.
        listed: whether its value is a list, which is written in JSON.
    """

    node: ast.AnnAssign
    field: str
    name: str
    needed: bool
    default: ast.expr | None
    simple: bool
    listed: bool


def settings_fields(modules: OwnModules, module: PythonModule, node: ast.ClassDef) -> Iterator[Field]:
    """The fields of a settings class, without those of the classes it is made from; none if it is no such class."""
    base = _base(modules, module, node, frozenset())
    if not base:
        return
    options = dict(_options(node))
    prefix = options.get("env_prefix", "")
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) and part.target.id != "model_config":
            yield _field(part, part.target.id, prefix, bool(options.get("case_sensitive")), base)


def _base(modules: OwnModules, module: PythonModule, node: ast.ClassDef, seen: frozenset[str]) -> str:
    """The class of pydantic that a class is made from, by its full name; "" if there is none."""
    for base in node.bases:
        dotted = module.dotted(base)
        if dotted in _BASES:
            return dotted
        if isinstance(base, ast.Name):
            home, name = modules.find(module, base.id)
            inner = home.classes.get(name)
            key = f"{home.path}:{name}"
            if inner and key not in seen and (found := _base(modules, home, inner, seen | {key})):
                return found
    return ""


def _options(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Options of the class that are written out: of `model_config`, or of `class Config`."""
    for part in node.body:
        if isinstance(part, ast.ClassDef) and part.name == "Config":
            for line in part.body:
                if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                    yield from _constant(line.targets[0].id, line.value)
        value = part.value if isinstance(part, ast.Assign | ast.AnnAssign) else None
        target = part.targets[0] if isinstance(part, ast.Assign) else getattr(part, "target", None)
        if isinstance(target, ast.Name) and target.id == "model_config":
            if isinstance(value, ast.Call):
                for word in value.keywords:
                    yield from _constant(word.arg or "", word.value)
            elif isinstance(value, ast.Dict):
                for key, item in zip(value.keys, value.values, strict=True):
                    yield from _constant(str(getattr(key, "value", "")), item)


def _constant(name: str, node: ast.expr) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Constant) and node.value:
        yield name, str(node.value)


def _field(part: ast.AnnAssign, field: str, prefix: str, exact: bool, base: str) -> Field:
    annotation, value = ast.unparse(part.annotation), part.value
    default, alias = value, None
    if isinstance(value, ast.Call) and ast.unparse(value.func).split(".")[-1] == "Field":
        words = {word.arg: word.value for word in value.keywords}
        first = value.args[0] if value.args else None
        first = None if isinstance(first, ast.Constant) and first.value is ... else first
        default = words.get("default") or words.get("default_factory") or first
        alias = words.get("env") or words.get("validation_alias") or words.get("alias")
    names = [node.value for node in ast.walk(alias) if isinstance(node, ast.Constant)] if alias else []
    name = str(names[0]) if names else prefix + field
    optional = base != "pydantic_settings.BaseSettings" and ("Optional" in annotation or "None" in annotation)
    plain = annotation.split("[")[0] in _PLAIN or annotation.startswith(("list", "List", "Literal", "Optional"))
    simple = plain and len(names) <= 1 and "ClassVar" not in annotation
    listed = annotation.startswith(("list", "List", "tuple", "set", "Set"))
    needed = default is None and not optional and "ClassVar" not in annotation
    return Field(part, field, name if exact else name.upper(), needed, default, simple, listed)
