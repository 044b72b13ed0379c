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
from .committed_files import SourceTree, join, text
from .declared_processes import Declared

_MIGRATES = re.compile(r"\b(flask\b.*\bdb upgrade|alembic\b.*\bupgrade|aerich upgrade|piccolo migrations forwards)\b")
_LISTENS = re.compile(r"\$\{?(?:SOCKET|PORT)\b")


class Web(Struct, frozen=True):
    """How the declared web process is served.

    Attributes:
        app: the settings, with what the command decides: `wsgi` or `asgi` and `chdir`, or the command itself.
        root: the folder that the callable is imported from; None if the command names none.
        python_path: further folders to import from.
        as_it_is: whether the command itself is run.
        migrations: commands that the web process begins with, which bring the database up to date.
        unusable: why the command cannot be used; an error if nothing else can be found that serves the app.
        notes: what is not done as it is declared.
    """

    app: App
    root: str | None = None
    python_path: tuple[str, ...] = ()
    as_it_is: bool = False
    migrations: tuple[str, ...] = ()
    unusable: UsageError | None = None
    notes: tuple[str, ...] = ()


def serve(tree: SourceTree, app: App, declared: Declared) -> Web:
    """Take over what the declared web process says; what the inventory says wins."""
    if declared.developers:
        said = f"{declared.path} is not used: its web server is one for developers; name processes in [app.processes]"
        return Web(app, notes=(named("procfile-not-used", said),))
    if not app.web or app.web_process.command or app.wsgi or app.asgi:
        return Web(app)
    if not declared.web:
        return Web(app, unusable=_no_web(declared) if declared.commands else None)
    parsed = callable_in_web_command.parse(_through_script(tree, declared))
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
        f"{declared.path}: web ('{declared.web}') does not show what serves the app, and has neither $PORT nor "
        "$SOCKET in it",
        hint="Set app.wsgi or app.asgi, such as 'package.module:app'. If it listens on the port in PORT, or the unix "
        "socket in SOCKET, say so: repeat the command in [app.processes] web.",
    )


def _by_callable(tree: SourceTree, app: App, declared: Declared, parsed: callable_in_web_command.WebCommand) -> Web:
    root = _joined(declared.folder, parsed.chdir)
    changes: dict[str, str] = {app.kind if app.kind in ("wsgi", "asgi") else parsed.interface: parsed.target}
    if root and not app.chdir and (join(root, "manage.py") in tree.files or not _has_manage(tree)):
        changes["chdir"] = root
    path = tuple(_joined(root, folder) for folder in parsed.python_path)
    migrations = tuple(command for command in parsed.besides if _MIGRATES.search(command))
    return Web(
        msgspec.structs.replace(app, **changes),
        root,
        path,
        migrations=migrations,
        notes=(*_unused(app, declared, parsed), *_left_out(app, declared, parsed, migrations)),
    )


def _through_script(tree: SourceTree, declared: Declared) -> str:
    """The declared web command, or what the committed script does that it runs."""
    command = declared.web or ""
    name = split_shell_commands.script(command)
    path = join(declared.folder, name)
    inside = split_shell_commands.in_script(text(tree, path)) if name and path in tree.files else None
    return inside or command


def _left_out(
    app: App, declared: Declared, parsed: callable_in_web_command.WebCommand, migrations: tuple[str, ...]
) -> Iterator[str]:
    """What the web process does before its server begins, and a deploy does not."""
    known = {*migrations, *app.build.commands, *app.once.values()}
    rest = [command for command in parsed.besides if command not in known]
    if rest:
        listed = ", ".join(f'"{command}"' for command in rest)
        told = (
            f"{declared.path}: web runs {listed} first, which a deploy does not: name it in [app.build] or [app.once]"
        )
        yield named("procfile-option", told)


def _unused(app: App, declared: Declared, parsed: callable_in_web_command.WebCommand) -> Iterator[str]:
    """What the command says besides, and the lines of the inventory that say the same."""
    lines = list(callable_in_web_command.in_inventory(parsed.options))
    lines = [line for line in lines if not _is_set(app, line)]
    if parsed.server == "gunicorn" and lines:
        said = f"{declared.path}: web sets what only the inventory can: put into [app]: {'; '.join(lines)}"
        yield named("procfile-option", said)


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


def release_command(
    app: App, declared: Declared, chdir: str, django: bool, migrations: tuple[str, ...] = ()
) -> str | None:
    """What `release` does besides what a deploy does by itself; None if the inventory decides, or it is nothing.

    Args:
        migrations: what the web process does of the kind, which counts where there is no `release`.
    """
    command = declared.release or " && ".join(migrations)
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
