"""Detects what kind of app a commit contains, from its files alone: it runs nothing and contacts nobody.

Settings of the inventory always win over what is found.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from slipway.inventory.app import App

from . import django, problems, wsgi_asgi
from .committed_env_files import EnvFile, env_files
from .committed_files import ShallowTree, SourceTree
from .dependencies import Requirements
from .dependencies import find as find_requirements

__all__ = ["Detected", "Requirements", "SourceTree", "detect"]

# Distributions whose modules have the same name, and which begin no thread and open nothing when imported: safe before
# a fork.
FRAMEWORKS = ("flask", "fastapi", "starlette", "litestar", "quart", "falcon", "bottle", "pyramid")


class Detected(Struct, frozen=True, kw_only=True):
    """How to run an app.

    Attributes:
        kind: Django is served through one of the others, and has migrations and static files besides.
        chdir: the folder to run in, relative to the source; "" is its top. For Django the one of manage.py.
        wsgi, asgi: the callable; one of them is set, unless the inventory gives its own command for `web`.
        settings: DJANGO_SETTINGS_MODULE.
        requirements: where dependencies are written.
        servers: requirements to install besides, since the app's own name no web server.
        databases: SQLite files that settings put inside the source and that are not linked to shared/.
        media: folders for uploads, likewise.
        static_root: STATIC_ROOT, if settings put it inside the source.
        sqlite: SQLite is the only database that settings name: each host has its own, and migrates it.
        losses: how data could be lost, one line each: told with every deploy for as long as it is so.
        env_files: committed ones that the app itself reads.
        notes: what the user should know, one line each.
    """

    kind: Literal["django", "wsgi", "asgi"]
    chdir: str = ""
    wsgi: str | None = None
    asgi: str | None = None
    settings: str | None = None
    requirements: Requirements = Requirements("none")
    servers: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    static_root: str | None = None
    sqlite: bool = False
    losses: tuple[str, ...] = ()
    env_files: tuple[EnvFile, ...] = ()
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
    chdir = django.manage_folder(tree, app) if app.kind in (None, "django") else None
    if chdir is not None:
        return _django(tree, app, chdir)
    if app.kind == "django":
        raise django.missing(app)
    return _plain(tree, app)


def _django(tree: SourceTree, app: App, chdir: str) -> Detected:
    project = django.inspect(tree, app, chdir)
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
        wsgi=project.wsgi,
        asgi=project.asgi,
        settings=project.settings,
        requirements=requirements,
        servers=_servers(app, requirements.names, bool(project.asgi)),
        databases=databases,
        media=media,
        static_root=project.static_root,
        sqlite=project.sqlite,
        losses=tuple(problems.losses(tree, (*kept, *databases))),
        env_files=read,
        notes=(*project.notes, *problems.notes(tree, app, chdir, read), *problems.data_notes(databases, media)),
    )


def _plain(tree: SourceTree, app: App) -> Detected:
    requirements = find_requirements(tree, app, app.chdir or "")
    found = _named(app) or wsgi_asgi.find(tree, app, requirements.names)
    kind = app.kind if app.kind in ("wsgi", "asgi") else found.interface
    if found.chdir != (app.chdir or ""):
        requirements = find_requirements(tree, app, found.chdir)
    read = _env_files(tree, app, found.chdir)
    return Detected(
        kind=kind,
        chdir=found.chdir,
        wsgi=found.name or None if kind == "wsgi" else None,
        asgi=found.name or None if kind == "asgi" else None,
        requirements=requirements,
        servers=_servers(app, requirements.names, kind == "asgi"),
        losses=tuple(problems.losses(tree, (*app.linked_dirs, *app.linked_files))),
        notes=tuple(problems.notes(tree, app, found.chdir, read)),
        env_files=read,
    )


def _env_files(tree: SourceTree, app: App, chdir: str) -> tuple[EnvFile, ...]:
    """Committed env files that the app reads; one that is linked to shared/ is not the committed one."""
    return tuple(
        file for file in env_files(tree, chdir) if not problems.linked((*app.linked_dirs, *app.linked_files), file.path)
    )


def _named(app: App) -> wsgi_asgi.Target | None:
    """What the inventory names; a command of its own for `web` needs no callable."""
    if app.asgi:
        return wsgi_asgi.Target(app.chdir or "", app.asgi, "asgi")
    named = app.wsgi or (app.web.command and "")
    return None if named is None else wsgi_asgi.Target(app.chdir or "", named, "wsgi")


def _servers(app: App, names: frozenset[str], asgi: bool) -> tuple[str, ...]:
    """Gunicorn runs the workers of both interfaces; the one for ASGI is a distribution of its own.

    A version that the inventory names wins over the one of the requirements.
    """
    if app.web.command:
        return ()
    server = () if "gunicorn" in names and app.server == "gunicorn" else (app.server,)
    worker = ("uvicorn-worker",) if asgi and "uvicorn-worker" not in names else ()
    return server + worker
