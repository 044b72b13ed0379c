"""Merges settings in layers: the app's defaults, then groups, then the host; the later one wins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import unquote

from slipway.env import dotenv as environment
from slipway.env.dotenv import Secret
from slipway.env.sources import Command, Generate, Value
from slipway.remote.schedules.cron import read_cron

from .app import SCHEDULES, WEB, App, File, Process, Schedule
from .describe_problem import Place, check_name, convert
from .env_from_site import SiteValue, site_value
from .schema import Document, EnvCommand, EnvGenerate, Group, HostTable
from .service_tables import service_tables
from .tls import contradictions, tls_table
from .value_types import RELATIVE, WORDS
from .web_servers import SERVERS

_HIDDEN = re.compile(r"/\.(?!well-known(?:/|$))")  # as in the block `hidden` of templates/nginx.conf.j2
MIGRATE = "migrate"
RESERVED = ("worker", "nginx", "access", "error", "task")  # what `fab logs --process=` means by them


class Layer(NamedTuple):
    """What one table of the file says about the app and its environment.

    Attributes:
        place: the table. app: checked, with every process as a table. env: checked. env_files: absolute.
        commands: each prints a dotenv text. required: names that must have a value.
        services: tables by name, each checked on its own.
    """

    place: Place
    app: dict[str, Any]
    env: dict[str, Value | SiteValue]
    env_files: tuple[Path, ...]
    commands: tuple[Command, ...] = ()
    required: tuple[str, ...] = ()
    services: Mapping[str, dict[str, Any]] = MappingProxyType({})


def layer(place: Place, table: Document | Group | HostTable, folder: Path) -> Layer:
    """Check one table's settings where they stand, so that an error names their own key."""
    files = tuple(folder / path.expanduser() for path in table.env_files)
    commands = tuple(
        Command(str((place / "env_commands").item(index)), line, folder)
        for index, line in enumerate(table.env_commands)
    )
    for index, name in enumerate(table.env_required):
        if problem := environment.check_name(name):
            told = _key(name, "it")
            raise (place / "env_required").item(index).error(f"{told} {problem}")
    env = _env(place / "env", table.env, folder)
    services = service_tables(place / "services", table.services)
    return Layer(place, _app(place / "app", table.app), env, files, commands, table.env_required, services)


def _app(place: Place, raw: dict[str, Any]) -> dict[str, Any]:
    processes = raw.get("processes", {})
    if not isinstance(processes, dict):
        raise (place / "processes").error("expected a table of processes")
    schedules = raw.get("schedules", {})
    if not isinstance(schedules, dict):
        raise (place / "schedules").error("expected a table of schedules")
    files = raw.get("files", {})
    if not isinstance(files, dict):
        raise (place / "files").error("expected a table of files")
    once = raw.get("once", {})
    if not isinstance(once, dict):
        raise (place / "once").error("expected a table of commands")
    for name in once:
        check_name(name, place / "once")
        if name == MIGRATE:
            raise (place / "once" / name).error("is the name of the record of migrations: take another one")
    # `name` is required of the whole app, not of each layer.
    convert({"name": "app"} | {**raw, "processes": {}, "schedules": {}, "files": {}, "tls": {}}, App, place)
    if _HIDDEN.search(unquote(str(raw.get("health", "")).partition("?")[0])):
        raise (place / "health").error("nginx answers 404 to every path with '/.', but for /.well-known: take another")
    tables = {
        "tls": tls_table(place / "tls", raw["tls"]) if "tls" in raw else {},
        "files": {path: _file(place / "files" / path, path, given) for path, given in files.items()},
        "processes": {name: _process(place / "processes" / name, name, given) for name, given in processes.items()},
        "schedules": {name: _schedule(place / "schedules" / name, name, given) for name, given in schedules.items()},
    }
    return {**raw, **{key: table for key, table in tables.items() if table}}


def _process(place: Place, name: str, given: Any) -> dict[str, Any]:
    check_name(name, place)
    table = {"command": given} if isinstance(given, str) else given
    if not isinstance(table, dict):
        raise place.error("expected a command in quotes, or a table")
    convert(table, Process, place)
    return table


def _file(place: Place, path: str, given: Any) -> dict[str, Any]:
    if not re.match(RELATIVE, path):
        raise place.error(f"{path!r} is not {WORDS[RELATIVE]}")
    table = {"source": given} if isinstance(given, str) else given
    if not isinstance(table, dict):
        raise place.error('expected the path of a file in quotes, or { template = "..." }')
    file = convert(table, File, place)
    if (file.source is None) == (file.template is None):
        raise place.error("needs either source or template: the path of a file beside the inventory")
    return {"source": file.source, "template": file.template}  # a later layer takes its place


def _schedule(place: Place, name: str, given: Any) -> dict[str, Any]:
    check_name(name, place)
    if isinstance(given, str):
        words = given.split(maxsplit=1 if given.startswith("@") else 5)
        if len(words) != (2 if given.startswith("@") else 6):
            raise place.error("expected five fields and a command, such as '*/5 * * * * python manage.py sync'")
        given = {"cron": " ".join(words[:-1]), "command": words[-1]}
    if not isinstance(given, dict):
        raise place.error("expected a line as in a crontab, in quotes, or a table")
    # A group may change one key of it only.
    convert({"cron": "@daily", "command": "true", **given}, Schedule, place)
    try:
        read_cron(given.get("cron", "@daily"))
    except ValueError as error:
        raise (place / "cron").error(str(error)) from None
    return given


def _key(name: str, instead: str) -> str:
    """A wrong name as an error may repeat it: a word such as `A-B`, and no text, which may be a secret."""
    return name if re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", name) else instead


def _env(place: Place, raw: dict[str, Any], folder: Path) -> dict[str, Value | SiteValue]:
    for number, name in enumerate(raw, 1):
        if problem := environment.check_name(name):
            raise place.error(f"{_key(name, f'the name of entry {number}')} {problem}")
    return {name: _value(place / name, value, folder) for name, value in raw.items()}


def _value(place: Place, value: Any, folder: Path) -> Value | SiteValue:
    """A text, or a table that says how to come by one."""
    if isinstance(value, dict) and (found := site_value(place, value)):
        return found
    if isinstance(value, dict) and "generate" in value:
        return Generate(convert(value, EnvGenerate, place).generate)
    if isinstance(value, dict):
        given = convert(value, EnvCommand, place)
        return Command(str(place), given.command, folder, given.timeout)
    if not isinstance(value, str):
        forms = '{ generate = 50 }, { command = ... }, { domains = "," } ...'
        raise place.error(f"expected text in quotes, or a table: {forms}")
    if "\0" in value:
        raise place.error("holds a NUL byte, which no environment variable can")
    return Secret(value)


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with what `over` says: tables are merged key by key, everything else (lists too) is replaced."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def contradiction(app: App) -> tuple[str, str] | None:
    """What only shows when all layers are together: the key inside the app (or "") and what is wrong; or None."""
    if app.wsgi and app.asgi:
        return "", "has both wsgi and asgi; one of them serves"
    if (app.kind == "wsgi" and app.asgi) or (app.kind == "asgi" and app.wsgi):
        return "kind", f"is '{app.kind}', but the other interface's callable is set"
    if not app.server_name:
        return "server", f"{app.server!r} is none of {', '.join(SERVERS)}; start another one by [app.processes] web"
    if app.user == "root":
        return "user", "the app must not run as root"
    if app.web and app.web_process.count != 1:
        return "processes.web.count", "there is one web server; set app.gunicorn.workers"
    if app.build.local and not app.uploads:
        return "build.local", "makes files that nobody sends: name them in app.uploads"
    wheels = app.build.wheels
    if wheels and not any(f"{wheels}/".startswith(f"{path}/") for path in app.uploads):
        return "build.wheels", f"'{wheels}' lies in nothing that app.uploads sends"
    if app.ends_tls and (found := next(contradictions(app.tls, app.domains, app.port, app.https), None)):
        return found
    return _clash(app) or _twice(app)


def _twice(app: App) -> tuple[str, str] | None:
    """Links that overlap."""
    linked = (*app.linked_dirs, *app.linked_files)
    for index, path in enumerate(linked):
        if any(f"{path}/".startswith(f"{other}/") for i, other in enumerate(linked) if i != index):
            return "", f"links '{path}' twice, or a part of what it already links"
    return None


def _clash(app: App) -> tuple[str, str] | None:
    """A schedule's name that means something else."""
    if app.schedules and SCHEDULES in app.processes:
        return f"processes.{SCHEDULES}", "is the name of the process that runs [app.schedules]"
    for name in app.schedules:
        if name in (WEB, SCHEDULES, *RESERVED) or name in app.processes:
            return f"schedules.{name}", "is the name of a process, whose log it would share"
    return None


def combine(layers: tuple[Layer, ...]) -> App:
    """The app that all layers together describe.

    Raises:
        UsageError: their settings contradict each other; names the first layer with which they do.
    """
    app = _merged(layers)
    problem = contradiction(app)
    if problem:
        first = next(i for i in range(len(layers)) if contradiction(_merged(layers[: i + 1])) == problem)
        place = layers[first].place / "app"
        raise (place / problem[0] if problem[0] else place).error(problem[1])
    return app


def _merged(layers: tuple[Layer, ...]) -> App:
    settings: dict[str, Any] = {}
    for layer in layers:
        settings = merge(settings, layer.app)
    for name, schedule in settings.get("schedules", {}).items():
        for key in ("cron", "command"):
            if key not in schedule:
                first = next(layer for layer in layers if name in layer.app.get("schedules", {}))
                raise (first.place / f"app.schedules.{name}").error(f"has no {key}")
    return convert(settings, App, layers[0].place / "app")
