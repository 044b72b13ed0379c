"""Detects a Django project: its manage.py, its settings module, and its WSGI or ASGI application."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from slipway.core.errors import UsageError
from slipway.inventory.app import App
from slipway.inventory.warning_names import named
from slipway.inventory.web_servers import SERVERS

from .committed_files import ASIDE, SourceTree, join, module_file, parents, parse, text
from .development_settings import Override, note, overrides
from .django_data_paths import Settings
from .sys_path_of_manage_py import added_folders

DEEPEST_MANAGE = 3  # folders above a manage.py, at most
# Settings modules by their path, but for those that tests run with.
_SETTINGS = re.compile(r"(^|/)(settings|config)(/(?!__init__|tests?|testing|ci)[A-Za-z]\w*)?\.py$")
VARIABLE = "DJANGO_SETTINGS_MODULE"


class Project(NamedTuple):
    """What was found out about a Django project; see `slipway.detect.Detected`."""

    chdir: str
    settings: str
    wsgi: str | None
    asgi: str | None
    databases: tuple[str, ...]
    media: tuple[str, ...]
    static_root: str | None
    sqlite: bool
    names_database: bool
    notes: tuple[str, ...]
    python_path: tuple[str, ...]
    production: tuple[Override, ...]


def manage_folder(tree: SourceTree, app: App) -> str | None:
    """The folder of manage.py: app.chdir, else the one that lies nearest to the top, up to three folders below it.

    Raises:
        UsageError: several folders have one, equally near.
    """
    if app.chdir:
        return app.chdir if _is_django(tree, join(app.chdir, "manage.py")) else None
    places = sorted(posixpath.dirname(path) for path in tree.files if posixpath.basename(path) == "manage.py")
    for depth in range(DEEPEST_MANAGE + 1):
        near = [place for place in places if len(list(parents(join(place, "x")))) == depth and _may_hold(place)]
        found = [place for place in near if _is_django(tree, join(place, "manage.py"))]
        if len(found) > 1:
            names = ", ".join(f"{place}/manage.py" for place in found)
            lines = " or ".join(f'chdir = "{place}"' for place in found)
            raise UsageError(f"there are several Django projects: {names}", hint=f"Put one into [app]: {lines}")
        if found:
            return found[0]
    return None


def _may_hold(folder: str) -> bool:
    """Whether what lies in a folder is deployed: no tests, no examples, no templates of projects."""
    return not any(part in ASIDE or part.startswith((".", "_")) or "{" in part for part in folder.split("/"))


def _is_django(tree: SourceTree, path: str) -> bool:
    """Whether a manage.py speaks of Django in its code, and not just in a comment."""
    if path not in tree.files or "django" not in text(tree, path).lower():
        return False
    body = parse(tree, path)
    return body is None or any("django" in word.lower() for node in ast.walk(body) for word in _words(node))


def _words(node: ast.AST) -> Iterator[str]:
    """The modules, names and single words that a node names."""
    if isinstance(node, ast.ImportFrom):
        yield node.module or ""
    word = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "value", None)
    if isinstance(node, ast.alias):
        yield node.name
    elif isinstance(word, str) and " " not in word.strip():
        yield word


def inspect(tree: SourceTree, app: App, chdir: str, python_path: tuple[str, ...] = ()) -> Project:
    """Find out how the project in `chdir` is served.

    Args:
        python_path: folders that modules are imported from besides; those that manage.py adds are read from it.

    Raises:
        UsageError: it cannot be told; names the key to set.
    """
    notes: list[str] = []
    managed = _settings_in(tree, join(chdir, "manage.py"))
    settings = app.settings or managed
    added = tuple(dict.fromkeys((*python_path, *added_folders(tree, join(chdir, "manage.py"), chdir))))
    roots = (chdir, *added)
    wsgi, asgi = _target(tree, app, roots, settings)
    served = wsgi or asgi or ""
    file = module_file(tree, served.split(":")[0], *roots)
    current_settings = _settings_in(tree, file) if file else None
    if not app.settings and current_settings and current_settings != managed:
        text = f"settings are {current_settings}, as {file} says; app.settings chooses others"
        notes.append(named("settings-choice", text))
        settings = current_settings
    if not settings:
        raise _no_settings(tree, chdir)
    if not module_file(tree, settings, *roots, join(chdir, "src")):
        notes.append(named("settings-missing", f"settings module {settings} is not among the committed files"))
    notes.extend(_developers(tree, app, roots, settings))
    read = Settings(tree, settings, chdir, added)
    production = overrides(read, app)
    notes.extend(note(production))
    return Project(
        chdir,
        settings,
        wsgi,
        asgi,
        _unique(read.databases()),
        _unique(read.media()),
        read.static_root(),
        read.sqlite(),
        read.names_database(),
        tuple(notes),
        added,
        production,
    )


def _unique(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))


def missing(app: App) -> UsageError:
    """The error for an app that is said to be Django but has no manage.py."""
    where = f"in {app.chdir}" if app.chdir else "at the top of the commit or up to three folders below"
    return UsageError(f"app.kind is 'django', but there is no Django manage.py {where}", hint="Set app.chdir.")


def no_requirements() -> UsageError:
    """The error for a project that does not say that it needs Django."""
    return UsageError(
        "the commit has no requirements.txt, lock file, pyproject.toml or setup.py with dependencies",
        hint="Commit one, or set app.requirements.",
    )


def _no_settings(tree: SourceTree, chdir: str) -> UsageError:
    """The error for a manage.py that leaves the settings module to the environment."""
    inside = [path.removeprefix(join(chdir, "")) for path in sorted(tree.files) if path.startswith(join(chdir, ""))]
    likely = [
        path for path in inside if _SETTINGS.search(path) and path.count("/") <= 3 and not ASIDE & set(path.split("/"))
    ]
    found = [
        path[:-3].replace("/", ".")
        for path in likely
        if re.search(rb"INSTALLED_APPS|import \*", tree.read(join(chdir, path)))
    ]
    best = sorted(found, key=lambda name: _fitness(name.rpartition(".")[2]))[:4]
    named = " or ".join(f'"{name}"' for name in best)
    return UsageError(
        f"{join(chdir, 'manage.py')} names no settings module",
        hint=f"Put one into [app]: settings = {named}." if named else "Set app.settings.",
    )


def _fitness(name: str) -> int:
    """How well a settings module suits a server by its name; the best come first."""
    return 0 if name in ("production", "prod") else 2 if name in ("dev", "development", "local") else 1


def _settings_in(tree: SourceTree, path: str) -> str | None:
    """The settings module that a file puts into the environment; the last one that it names."""
    body = parse(tree, path) if path in tree.files else None
    found = None
    for node in ast.walk(body) if body else ():
        values: list[ast.expr] = []
        if isinstance(node, ast.Call) and node.args and _is_variable(node.args[0]):
            values = node.args[1:]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            values = [node.value] if _is_variable(node.targets[0].slice) else []
        constants = [inner for value in values for inner in ast.walk(value) if isinstance(inner, ast.Constant)]
        found = next((c.value for c in constants if isinstance(c.value, str) and c.value != VARIABLE), found)
    return found


def _developers(tree: SourceTree, app: App, roots: tuple[str, ...], settings: str) -> Iterator[str]:
    """A word about development settings that are the default although there are others for production."""
    package, _, name = settings.rpartition(".")
    others = (f"{package}.{other}".lstrip(".") for other in ("production", "prod"))
    better = next((other for other in others if module_file(tree, other, *roots)), None)
    if better and name in ("dev", "development", "local") and not app.settings:
        text = f'settings are {settings}, a developer\'s by their name; app.settings = "{better}" chooses others'
        yield named("settings-choice", text)


def _is_variable(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == VARIABLE


def _target(tree: SourceTree, app: App, roots: tuple[str, ...], settings: str | None) -> tuple[str | None, str | None]:
    """What serves the project: (wsgi, asgi), one of them None."""
    if app.wsgi or app.asgi:
        return app.wsgi, app.asgi
    if not app.web:
        return None, None
    interfaces = SERVERS[app.server_name].interfaces
    named = Settings(tree, settings, roots[0], roots[1:]).constant("WSGI_APPLICATION") if settings else None
    if named and interfaces[0] == "wsgi":
        return ":".join(named.rsplit(".", 1)), None
    for name in interfaces:
        modules = _modules(tree, roots, name, settings)
        if len(modules) > 1:
            listed = ", ".join(modules)
            raise UsageError(
                f"several modules could serve the app: {listed}",
                hint=f"Set app.{name}, such as '{modules[0]}:application'.",
            )
        if modules:
            target = f"{modules[0]}:application"
            return (target, None) if name == "wsgi" else (None, target)
    if app.web_process.command:
        return None, None
    raise UsageError(
        "the Django project has no wsgi.py or asgi.py",
        hint="Set app.wsgi, such as 'mysite.wsgi:application'.",
    )


def _modules(tree: SourceTree, roots: tuple[str, ...], name: str, settings: str | None) -> list[str]:
    """Modules called `name`, at most two packages deep; that of the settings' own package wins."""
    inside = [path.removeprefix(join(root, "")) for path in tree.files if (root := _root_of(path, roots)) is not None]
    stems = sorted(path[:-3] for path in inside if path.endswith(f"/{name}.py") or path == f"{name}.py")
    modules = [stem.replace("/", ".") for stem in stems if stem.count("/") < 3]
    own = f"{(settings or '').rpartition('.')[0].removesuffix('.settings')}.{name}"
    own = own if own in modules else f"{(settings or '').split('.')[0]}.{name}"
    return [own] if own in modules else modules


def _root_of(path: str, roots: tuple[str, ...]) -> str | None:
    """The innermost of the folders that hold a file."""
    return max((root for root in roots if path.startswith(join(root, ""))), key=len, default=None)
