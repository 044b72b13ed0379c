"""Decides what becomes of the processes that the app declares: a callable, a command, migrations, workers."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from slipway.core.errors import UsageError
from slipway.inventory.app import WEB, App, Process
from slipway.inventory.warning_names import named

from . import callable_in_web_command, split_shell_commands
from .committed_files import SourceTree, join
from .declared_processes import Declared

_LISTENS = re.compile(r"\$\{?SOCKET\b")


class Web(Struct, frozen=True):
    """How the declared web process is served.

    Attributes:
        app: the settings, with what the command decides: `wsgi` or `asgi` and `chdir`, or the command itself.
        root: the folder that the callable is imported from; None if the command names none.
        python_path: further folders to import from.
        as_it_is: whether the command itself is run.
        unusable: why the command cannot be used; an error if nothing else can be found that serves the app.
        notes: what is not done as it is declared.
    """

    app: App
    root: str | None = None
    python_path: tuple[str, ...] = ()
    as_it_is: bool = False
    unusable: UsageError | None = None
    notes: tuple[str, ...] = ()


def serve(tree: SourceTree, app: App, declared: Declared) -> Web:
    """Take over what the declared web process says; what the inventory says wins."""
    if declared.developers:
        text = f"{declared.path} is not used: its web server is one for developers; name processes in [app.processes]"
        return Web(app, notes=(named("procfile-not-used", text),))
    if not app.web or app.web_process.command or app.wsgi or app.asgi:
        return Web(app)
    if not declared.web:
        return Web(app, unusable=_no_web(declared) if declared.commands else None)
    parsed = callable_in_web_command.parse(declared.web)
    if parsed:
        return _by_callable(tree, app, declared, parsed)
    if _LISTENS.search(declared.web):
        return Web(with_web(app, from_folder(declared.web, declared.folder, app.chdir or "")), as_it_is=True)
    return Web(app, unusable=_no_socket(declared))


def _no_web(declared: Declared) -> UsageError:
    return UsageError(
        f"{declared.path} declares no web process, and no object in the source could serve the app",
        hint="Set web = false in [app] if the app has no web side; else app.wsgi or app.asgi.",
    )


def _no_socket(declared: Declared) -> UsageError:
    return UsageError(
        f"{declared.path}: web ('{declared.web}') does not show what serves the app, and does not listen on $SOCKET",
        hint="Set app.wsgi or app.asgi, such as 'package.module:app'; or a command with $SOCKET in [app.processes].",
    )


def _by_callable(tree: SourceTree, app: App, declared: Declared, parsed: callable_in_web_command.WebCommand) -> Web:
    root = _joined(declared.folder, parsed.chdir)
    changes: dict[str, str] = {app.kind if app.kind in ("wsgi", "asgi") else parsed.interface: parsed.target}
    if root and not app.chdir and (join(root, "manage.py") in tree.files or not _has_manage(tree)):
        changes["chdir"] = root
    path = tuple(_joined(root, folder) for folder in parsed.python_path)
    return Web(msgspec.structs.replace(app, **changes), root, path, notes=tuple(_unused(app, declared, parsed)))


def _unused(app: App, declared: Declared, parsed: callable_in_web_command.WebCommand) -> Iterator[str]:
    """What the command says besides, and the lines of the inventory that say the same."""
    lines = list(callable_in_web_command.in_inventory(parsed.options))
    lines = [line for line in lines if not _is_set(app, line)]
    if parsed.server == "gunicorn" and lines:
        text = f"{declared.path}: web sets what only the inventory can: put into [app]: {'; '.join(lines)}"
        yield named("procfile-option", text)


def _is_set(app: App, line: str) -> bool:
    """Whether the inventory has a line such as `gunicorn.timeout = 60` already."""
    key, _, value = line.removeprefix("gunicorn.").partition(" = ")
    return str(getattr(app.gunicorn, key)) == value


def _has_manage(tree: SourceTree) -> bool:
    return any(posixpath.basename(path) == "manage.py" for path in tree.files)


def with_web(app: App, command: str) -> App:
    """The app with a command of its own for the web server."""
    web = msgspec.structs.replace(app.web_process, command=command)
    return msgspec.structs.replace(app, processes={**app.processes, WEB: web})


def with_processes(app: App, commands: dict[str, str]) -> App:
    """The app with further processes; what the inventory says of one of the same name wins."""
    made = {name: app.processes.get(name, Process()) for name in commands}
    made = {
        name: process if process.command else msgspec.structs.replace(process, command=commands[name])
        for name, process in made.items()
    }
    return msgspec.structs.replace(app, processes={**app.processes, **made})


def release_command(app: App, declared: Declared, chdir: str, django: bool) -> str | None:
    """What `release` does besides what a deploy does by itself; None if the inventory decides, or it is nothing."""
    command = declared.release
    if not command or app.migrate is not True or (django and split_shell_commands.is_own(command)):
        return None
    return from_folder(command, declared.folder, chdir)


def from_folder(command: str, folder: str, chdir: str) -> str:
    """A command line that runs in one folder of the source, as it is to be run from another."""
    if folder == chdir:
        return command
    return f"cd {shlex.quote(posixpath.relpath(f'/{folder}', f'/{chdir}'))} && {command}"


def _joined(folder: str, path: str) -> str:
    whole = posixpath.normpath(posixpath.join(folder, path))
    return "" if whole == "." else whole
