"""Finds the environment variables that the app's code reads, from the source alone: which, where, and whether it must.

A variable is required only where the app surely cannot start without it. What has a default, or is read where that
may never happen (in an `if`, a `try`, a function), is not.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from slipway.inventory.app import WEB, App

from .app_reads_committed_env import READERS, names_in
from .committed_files import ASIDE, ShallowTree, SourceTree, contents
from .env_reads import SET_HERE, Need, Variable, reads_of
from .names_in_module import PythonModule
from .own_modules import OwnModules

if TYPE_CHECKING:
    from . import Detected

_RANK: tuple[Need, ...] = ("optional", "perhaps", "required")
_ASIDE = ASIDE | {"migrations", "site-packages", "venv", ".venv", "env", "vendor", "static", "locale", "conftest"}
# All that reads the environment has one of these words, or calls something like `env("NAME")`; each form begins with
# plain letters, which are found fast.
_WORDS = (
    *(b"getenv", b"decouple", b"BaseSettings", b"pydantic_settings", b"dj_database_url", b"from_envvar"),
    b"starlette.config",
)
_FORMS = (
    (b"environ", re.compile(rb"environs?\b")),
    (b"env", re.compile(rb"env\w*(?:\.\w+)?\(\s*[\"'][A-Z][A-Z0-9_]*[\"']")),
    (b"config(", re.compile(rb"config\(\s*[\"'][A-Z][A-Z0-9_]*[\"']")),
)
# What every process on a host has, or Slipway itself gives to the app.
GIVEN = re.compile(
    r"SLIPWAY_.*|SOCKET|PATH|HOME|USER|LOGNAME|SHELL|PWD|LANG|LC_.*|TERM|TMPDIR|VIRTUAL_ENV|PYTHON[A-Z]*"
    r"|DJANGO_SETTINGS_MODULE|COLUMNS|LINES|EDITOR|XDG_.*"
)

PORT = "PORT"  # a command of the app's own for `web` gets it, other processes do not


class EnvironmentReads(Struct, frozen=True):
    """All that the code reads.

    Attributes:
        variables: by name. computed: places where a name is computed, which cannot be told.
    """

    variables: tuple[Variable, ...]
    computed: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[Variable, ...]:
        """Those without which the app cannot start."""
        return tuple(variable for variable in self.variables if variable.need == "required")


def environment_reads(tree: SourceTree, app: App, detected: Detected, *, everywhere: bool = True) -> EnvironmentReads:
    """Find the variables.

    Args:
        detected: how the app is run.
        everywhere: look at all code of the app; otherwise only at what is surely loaded when it starts.
    """
    try:
        return _environment_reads(tree, app, detected, everywhere)
    except RecursionError:
        return _environment_reads(ShallowTree(tree), app, detected, everywhere)


def _environment_reads(tree: SourceTree, app: App, detected: Detected, everywhere: bool) -> EnvironmentReads:
    modules = OwnModules(tree, detected.chdir, detected.python_path)
    served, _, called = (detected.target or "").partition(":")
    entries = [name for name in (detected.settings, served) if name]
    started = modules.started(entries)
    beside = _other_settings(modules, detected.settings)
    paths = _code(tree) if everywhere else [path for path in started if not _ASIDE & set(path.split("/"))]
    paths = [path for path in paths if path in started or posixpath.dirname(path) != beside]
    looked = list(_suspects(tree, paths))
    at_start = dict.fromkeys(path for path in (*looked, *map(modules.path, entries)) if path in started)
    whole = [module for path in at_start if path and (module := modules.parsed(path))]
    if called.endswith(")") and (entry := modules.path(served)) and (module := modules.parsed(entry)):
        home, name = modules.find(module, called.partition("(")[0])
        home.run.add(name)
    made = _follow(modules, whole)
    found: list[Variable] = []
    computed: list[str] = []
    own_command = app.web_process.command or WEB in detected.processes
    for module in filter(None, map(modules.parsed, looked)):
        for read in reads_of(modules, module, made):
            if isinstance(read, str):
                computed.append(read)
            elif not GIVEN.fullmatch(read.name) and not (read.name == PORT and own_command):
                sure = read.need != "required" or modules.surely(module.path, started)
                found.append(read if sure else replace(read, need="perhaps"))
    return EnvironmentReads(_merged(_weakened(found, tree, app, looked)), tuple(dict.fromkeys(computed)))


def _other_settings(modules: OwnModules, settings: str | None) -> str | None:
    """The folder whose modules are settings for other machines, but for those that the chosen one imports."""
    package, _, _ = (settings or "").rpartition(".")
    path = modules.path(settings) if settings and package.rpartition(".")[2] in ("settings", "config", "conf") else None
    return posixpath.dirname(path) if path and not path.endswith("/__init__.py") else None


def _code(tree: SourceTree) -> list[str]:
    """The app's own modules, without tests and what others wrote."""
    return [
        path
        for path in sorted(tree.files)
        if path.endswith(".py")
        and not _ASIDE.intersection(path.split("/"))
        and not path.rpartition("/")[2].startswith(("test_", "conftest", "setup.py"))
    ]


def _suspects(tree: SourceTree, paths: list[str]) -> Iterator[str]:
    for path, content in contents(tree, paths):
        if any(word in content for word in _WORDS) or any(
            word in content and form.search(content) for word, form in _FORMS
        ):
            yield path


def _follow(modules: OwnModules, whole: list[PythonModule]) -> set[tuple[str, str]]:
    """Mark the functions that are surely called when the app starts; return the classes that objects are made of."""
    made: set[tuple[str, str]] = set()
    calls = [
        (module, node, name)
        for module in whole
        for node in module.nodes
        if isinstance(node, ast.Call) and (name := _plain(node.func)) and modules.is_own(module, name)
    ]
    before = -1
    while before != (before := len(made) + sum(len(module.run) for module in whole)):
        for module, node, name in calls:
            if module.surely_runs(node):
                home, last = modules.find(module, name)
                if isinstance(home.functions.get(last), ast.FunctionDef):
                    home.run.add(last)
                elif last in home.classes:
                    made.add((home.path, last))
    return made


def _plain(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        base = _plain(node.value)
        return f"{base}.{node.attr}" if base else ""
    return node.id if isinstance(node, ast.Name) else ""


def _weakened(found: list[Variable], tree: SourceTree, app: App, looked: list[str]) -> Iterator[Variable]:
    """The same, where what other places give is not required: committed env files that are read, linked ones."""
    given = {variable.name for variable in found if variable.default == SET_HERE}
    read = any(READERS.search(tree.read(path).decode("utf-8", "replace")) for path in looked)
    places = (*app.linked_files, *app.linked_dirs, *app.uploads)
    unknown = read and any("env" in place.lower() for place in places)
    files = [path for path in tree.files if path.rpartition("/")[2] in (".env", "settings.ini")] if read else []
    given |= {name for path in files for name in names_in(tree, path)}
    for variable in found:
        if variable.need == "required" and (unknown or variable.name in given):
            yield replace(variable, need="optional" if variable.name in given else "perhaps")
        else:
            yield variable


def _merged(found: Iterable[Variable]) -> tuple[Variable, ...]:
    """One for each name: the most demanding place, with what the others know of it."""
    merged: dict[str, Variable] = {}
    for variable in found:
        if variable.default == SET_HERE:
            variable = replace(variable, default="")
        old = merged.setdefault(variable.name, variable)
        best = variable if _RANK.index(variable.need) > _RANK.index(old.need) else old
        merged[variable.name] = replace(
            best,
            default=old.default or variable.default,
            separator=old.separator or variable.separator,
            truth=old.truth or variable.truth,
        )
    return tuple(merged[name] for name in sorted(merged))
