"""Detects what kind of app a commit contains, from its files alone: it runs nothing and contacts nobody.

Settings of the inventory always win over what is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from slipway.inventory.app import WEB, App

from . import declared_processes, development_settings, django, problems, wsgi_asgi
from .app_reads_committed_env import EnvFile, env_files
from .branch_dependencies import branch_notes
from .committed_files import ShallowTree, SourceTree, join
from .declared_processes import Declared
from .dependencies import Requirements
from .dependencies import find as find_requirements
from .env_reads import Variable
from .python_version import PythonWish
from .python_version import find as find_python
from .use_declared_processes import Web, from_folder, release_command, serve, with_processes
from .web_server_to_install import servers

__all__ = ["Detected", "Requirements", "SourceTree", "detect", "with_processes"]

# Distributions whose modules have the same name, and which begin no thread and open nothing when imported: safe before
# a fork.
FRAMEWORKS = ("flask", "fastapi", "starlette", "litestar", "quart", "falcon", "bottle", "pyramid")

Kind = Literal["django", "wsgi", "asgi", "program"]


class Detected(Struct, frozen=True, kw_only=True):
    """How to run an app.

    Attributes:
        kind: Django is served through one of the others, and has migrations and static files besides; a program has
            no web side.
        chdir: the folder to run in, relative to the source; "" is its top. For Django the one of manage.py.
        wsgi, asgi: the callable; one of them is set, unless the inventory gives its own command for `web`.
        python_path: further folders of the source to import from; "" is its top.
        place: the file, and where it is known the line, that says what serves the app; "" if the inventory does.
        declared_in: the file in which the app itself declares processes, such as Procfile; "" if it declares none.
        processes: the commands of those, by name; `web` is among them only if it is run as it is.
        release_command: what that file wants to be run once for each release, in place of Django's migrate.
        settings: DJANGO_SETTINGS_MODULE.
        requirements: where dependencies are written. python: the versions of Python that will do.
        servers: requirements to install besides, since the app's own name no web server.
        databases: SQLite files that settings put inside the source and that are not linked to shared/.
        media: folders for uploads, likewise.
        static_root: STATIC_ROOT, if settings put it inside the source.
        names_database: whether Django's settings name any database; True where that is not known.
        sqlite: SQLite is the only database that settings name: each host has its own, and migrates it.
        losses: how data could be lost, one line each: told with every deploy for as long as it is so.
        env_files: committed ones that the app itself reads.
        production: settings of Django that Slipway sets, since they only suit development.
        required: environment variables without which the app surely cannot start; a deploy looks for them.
        notes: what the user should know, one line each.
    """

    kind: Kind
    chdir: str = ""
    python_path: tuple[str, ...] = ()
    place: str = ""
    wsgi: str | None = None
    asgi: str | None = None
    declared_in: str = ""
    processes: Mapping[str, str] = {}
    release_command: str | None = None
    settings: str | None = None
    requirements: Requirements = Requirements("none")
    python: PythonWish = PythonWish()
    servers: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    static_root: str | None = None
    sqlite: bool = False
    names_database: bool = True
    losses: tuple[str, ...] = ()
    env_files: tuple[EnvFile, ...] = ()
    production: tuple[development_settings.Override, ...] = ()
    required: tuple[Variable, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def target(self) -> str | None:
        """The callable, whichever interface it has."""
        return self.wsgi or self.asgi

    @property
    def framework(self) -> str | None:
        """A module that workers of such an app load in any case, and that does nothing but define things."""
        if self.kind == "django":
            return "django.core.asgi" if self.asgi else "django.core.wsgi"
        return next((name for name in FRAMEWORKS if name in self.requirements.names), None)

    @property
    def server_needed(self) -> bool:
        """Whether the app's own requirements lack the web server."""
        return bool(self.servers)


def detect(tree: SourceTree, app: App) -> Detected:
    """Find out how to run the app.

    Args:
        tree: the committed files. app: settings of the inventory, which win.

    Raises:
        UsageError: it cannot be told (names the key to set), or the commit holds what cannot be deployed.
    """
    try:
        return _detect(tree, app)
    except RecursionError:
        return _detect(ShallowTree(tree), app)


def _detect(tree: SourceTree, app: App) -> Detected:
    problems.refuse_unsupported(tree)
    declared = declared_processes.find(tree, app.chdir or "")
    web = serve(tree, app, declared)
    chdir = django.manage_folder(tree, web.app) if app.kind in (None, "django") else None
    if chdir is None and app.kind == "django":
        raise django.missing(app)
    found = _plain(tree, web) if chdir is None else _django(tree, web, chdir)
    found = replace(found, notes=(*found.notes, *branch_notes(tree, found.requirements)))
    return _with_declared(found, app, declared, web)


def _with_declared(found: Detected, app: App, declared: Declared, web: Web) -> Detected:
    """What was detected, with the processes that the app declares itself."""
    own = {name: from_folder(command, declared.folder, found.chdir) for name, command in declared.others.items()}
    decides = web.root is not None or found.processes
    return replace(
        found,
        place=declared.path if decides else found.place,
        declared_in=declared.path if declared.commands else "",
        processes={**found.processes, **own},
        release_command=release_command(app, declared, found.chdir, found.kind == "django", web.migrations),
        notes=(*found.notes, *web.notes),
    )


def _declared_web(web: Web) -> dict[str, str]:
    """The declared web process, where it is run as it is."""
    command = web.app.web_process.command
    return {WEB: command} if web.as_it_is and command else {}


def _python_path(web: Web, chdir: str, *more: str) -> tuple[str, ...]:
    """Folders to import from besides the one that the app runs in."""
    root = () if web.root is None else (web.root,)
    return tuple(folder for folder in dict.fromkeys((*root, *web.python_path, *more)) if folder != chdir)


def _django(tree: SourceTree, web: Web, chdir: str) -> Detected:
    app = web.app
    project = django.inspect(tree, app, chdir, _python_path(web, chdir))
    requirements = find_requirements(tree, app, chdir)
    if requirements.kind == "none":
        raise django.no_requirements()
    media = tuple(path for path in project.media if not problems.linked(app.linked_dirs, path))
    kept = (*app.linked_dirs, *app.linked_files, *media)
    databases = tuple(path for path in project.databases if not problems.linked(kept, path))
    read = _env_files(tree, app, chdir)
    return Detected(
        kind="django",
        chdir=chdir,
        python_path=project.python_path,
        place=join(chdir, "manage.py"),
        wsgi=project.wsgi,
        asgi=project.asgi,
        processes=_declared_web(web),
        settings=project.settings,
        requirements=requirements,
        python=find_python(tree, app, chdir),
        servers=servers(app, requirements.names, bool(project.asgi)),
        databases=databases,
        media=media,
        static_root=project.static_root,
        sqlite=project.sqlite,
        names_database=project.names_database,
        production=project.production,
        losses=tuple(problems.losses(tree, (*kept, *databases))),
        env_files=read,
        notes=(*project.notes, *problems.notes(tree, app, chdir, read), *problems.data_notes(databases, media)),
    )


def _plain(tree: SourceTree, web: Web) -> Detected:
    app = web.app
    requirements = find_requirements(tree, app, app.chdir or "")
    try:
        found = _named(app) or wsgi_asgi.find(tree, app, requirements.names)
    except wsgi_asgi.NothingFound as error:
        raise web.unusable or error from None
    kind = _kind(app, found)
    if found.chdir != (app.chdir or ""):
        requirements = find_requirements(tree, app, found.chdir)
    read = _env_files(tree, app, found.chdir)
    return Detected(
        kind=kind,
        chdir=found.chdir,
        python_path=_python_path(web, found.chdir, *found.python_path),
        place=found.place,
        wsgi=found.name or None if kind == "wsgi" else None,
        asgi=found.name or None if kind == "asgi" else None,
        processes=_declared_web(web),
        requirements=requirements,
        python=find_python(tree, app, found.chdir),
        servers=servers(app, requirements.names, kind == "asgi"),
        losses=tuple(problems.losses(tree, (*app.linked_dirs, *app.linked_files))),
        notes=tuple(problems.notes(tree, app, found.chdir, read)),
        env_files=read,
    )


def _kind(app: App, found: wsgi_asgi.Target) -> Kind:
    if not app.web:
        return "program"
    return app.kind if app.kind in ("wsgi", "asgi") else found.interface


def _env_files(tree: SourceTree, app: App, chdir: str) -> tuple[EnvFile, ...]:
    """Committed env files that the app reads; one that is linked to shared/ is not the committed one."""
    return tuple(
        file for file in env_files(tree, chdir) if not problems.linked((*app.linked_dirs, *app.linked_files), file.path)
    )


def _named(app: App) -> wsgi_asgi.Target | None:
    """What the inventory names; a command of its own for `web` needs no callable, and a program has none."""
    if not app.web:
        return wsgi_asgi.Target(app.chdir or "", "", "wsgi")
    if app.asgi:
        return wsgi_asgi.Target(app.chdir or "", app.asgi, "asgi")
    named = app.wsgi or (app.web_process.command and "")
    return None if named is None else wsgi_asgi.Target(app.chdir or "", named, "wsgi")
