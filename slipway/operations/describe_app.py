"""Describes what a deploy of an app would do and needs, from its committed source and the inventory alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from slipway.detect import Detected, SourceTree, detect, development_settings
from slipway.detect.debian_packages import debian_packages
from slipway.detect.env_proposals import is_secret, line, proposal, unfit_for_visitors
from slipway.detect.env_reads import Variable
from slipway.detect.env_variables import GIVEN, environment_reads
from slipway.detect.example_env_files import named_in_examples
from slipway.detect.proposed_settings import proposed_settings
from slipway.detect.python_version import find as find_python
from slipway.env.sources import outline
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.source import Source

from .describe_database import database

State = Literal["set", "missing", "unfit", "perhaps", "default"]
_HEALTH = re.compile(
    rb"""(?:path|route|get|url|url_rule|Route)\(\s*r?["']\^?(/?[\w/-]{0,30}?(?:healthz?|health[-_]?check|livez|readyz)/?)\$?["']"""
)


class EnvironmentVariable(Struct, frozen=True):
    """One variable that the app reads, and whether it is set.

    Attributes:
        name, where: and in which file and line. need: whether the app starts without it.
        default: what counts then. state, told: how it stands, in one word and in some.
        proposed: a line for [env]; "" where none is needed.
        read: whether the code reads it; otherwise the settings have a value of their own, and hosts get this instead.
    """

    name: str
    where: str
    need: str
    default: str
    state: State
    told: str
    proposed: str = ""
    read: bool = True


class AppDescription(Struct, frozen=True):
    """What `fab detect` says.

    Attributes:
        app, commit: the app's name and the full commit. detected: how it is run, by what is looked at.
        variables: what the code reads of the environment. computed: where it reads a name that is computed.
        inventory: lines that inventory.toml lacks. notes: what is to be known besides.
    """

    app: str
    commit: str
    kind: str
    detected: dict[str, str]
    variables: tuple[EnvironmentVariable, ...]
    computed: tuple[str, ...]
    inventory: tuple[str, ...]
    notes: tuple[str, ...]


def describe_app(host: Host, source: Source) -> AppDescription:
    """Look at one commit as it would be deployed to a host.

    Raises:
        UsageError: it cannot be told how the app is run.
    """
    app = host.app
    with source.opened() as tree:
        found = detect(tree, app)
        reads = environment_reads(tree, app, found)
        examples = list(named_in_examples(tree, found.chdir))
        health = _health(tree, app)
        python = _python(tree, app, found.chdir)
        more_lines = tuple(proposed_settings(tree, app, found))
    own = tuple(development_settings.required(found.production))
    reads = replace(reads, variables=tuple(sorted((*reads.variables, *own), key=lambda one: one.name)))
    known = {variable.name for variable in reads.variables}
    more = {one.name: one for one in examples if one.name not in known and not GIVEN.fullmatch(one.name)}
    wanted, commands = outline(host.sources, host.required)
    committed = {name: file.path for file in found.env_files for name in file.secrets}
    variables = tuple(
        replace(_variable(one, wanted.origins, commands, committed.get(one.name, "")), read=one not in own)
        for one in (*reads.variables, *(more[name] for name in sorted(more)))
    )
    packages = [name for names in debian_packages(found.requirements.names).values() for name in names]
    lacking = [name for name in dict.fromkeys(packages) if name not in app.packages]
    return AppDescription(
        app.name,
        source.commit,
        found.kind,
        {
            name: told
            for name, told in (*_facts(app, found, python, health, lacking), ("database", database(found, variables)))
            if told
        },
        variables,
        reads.computed,
        tuple(_inventory(host, health, lacking, more_lines, variables)),
        (*found.losses, *found.notes),
    )


def _facts(app: App, found: Detected, python: str, health: str, packages: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What was found out, in few words each."""
    needs = found.requirements
    server = next(iter(found.servers), f"{app.server_name}, as the app's own dependencies have it")
    names = f"{', '.join(needs.files) or 'none'}" + (f": {len(needs.names)} named" if needs.names else "")
    yield "kind", found.kind + (f", as {found.place} says" if found.place else "")
    yield "runs in", found.chdir and f"{found.chdir}/"
    yield "entry point", found.target or ""
    yield "settings", found.settings or ""
    if app.web:
        yield "server", app.web_process.command or found.processes.get("web") or server
    else:
        yield "web side", "none: app.web is false"
    yield "python", python
    yield "dependencies", names
    yield "build needs", " ".join(packages) and f"Debian's {' '.join(packages)}"
    yield "processes", ", ".join(dict.fromkeys((*(("web",) if app.web else ()), *found.processes, *app.workers)))
    yield "schedules", ", ".join(app.schedules)
    yield "migrations", _migrations(app, found)
    yield "static files", _static(app, found)
    yield "media", ", ".join(found.media) and f"{', '.join(found.media)}, kept in shared/"
    if app.web:
        yield "health check", app.health or (f"/ (the app seems to have {health})" if health else "/")
    yield "health command", app.health_command or ""


def _migrations(app: App, found: Detected) -> str:
    if isinstance(app.migrate, str):
        return app.migrate
    if found.release_command:
        return found.release_command
    return "manage.py migrate" if app.migrate and found.kind == "django" else ""


def _static(app: App, found: Detected) -> str:
    if found.kind != "django":
        return ""
    if not app.web:
        return ""
    if not app.static:
        return "not collected: app.static is false"
    whitenoise = "; whitenoise may serve them, too" if "whitenoise" in found.requirements.names else ""
    return f"collectstatic{f' into {found.static_root}' if found.static_root else ''}, served by nginx{whitenoise}"


def _python(tree: SourceTree, app: App, chdir: str) -> str:
    """Which Python is used, and what decides it."""
    wish = find_python(tree, app, chdir)
    return f"{wish.request} ({wish.source})" if wish.versions else "the host's python3"


def _health(tree: SourceTree, app: App) -> str:
    """The path of a route that looks like a health check; "" if none does."""
    if app.health:
        return ""
    names = ("urls.py", "views.py", "main.py", "app.py", "routes.py", "health.py", "wsgi.py", "asgi.py", "__init__.py")
    for path in sorted(tree.files, key=lambda path: (path.count("/"), path)):
        if path.rpartition("/")[2] in names and (match := _HEALTH.search(tree.read(path))):
            return "/" + match[1].decode().lstrip("/")
    return ""


def _variable(
    one: Variable, known: Mapping[str, str], commands: Sequence[str], committed: str = ""
) -> EnvironmentVariable:
    """How a variable stands.

    Args:
        known: where each name comes from that the inventory sets. commands: those that may set more.
        committed: the env file in the source that gives it, if it is a secret.
    """
    bad = f"a secret that is in {committed}" if committed else unfit_for_visitors(one)
    state: State
    if one.name in known:
        state, told = "set", f"set: {known[one.name]}"
    elif one.need == "required":
        state, told = "missing", "missing" + (f", unless {commands[0]} gives it" if commands else "")
    elif bad:
        state, told = "unfit", bad if committed or is_secret(one) or not one.default else f"{bad}: {one.default}"
    elif one.need == "perhaps":
        state, told = "perhaps", "perhaps needed"
    else:
        state, told = "default", f"default {one.default}" if one.default and not is_secret(one) else "may be left out"
    proposed = line(one, proposal(one)) if state in ("missing", "unfit") else ""
    default = "" if is_secret(one) else one.default
    return EnvironmentVariable(one.name, one.where, one.need, default, state, told, proposed)


def _inventory(
    host: Host, health: str, packages: Sequence[str], more: Sequence[str], variables: Sequence[EnvironmentVariable]
) -> Iterator[str]:
    """Lines that the inventory lacks. A host of the lab needs no domains: nobody but this machine reaches it."""
    top, app = [], host.app
    if app.web and not app.domains and not host.lab:
        top.append('domains = ["www.example.org"]  # the site\'s names')
    if app.web and health:
        top.append(f'health = "{health}"  # if that answers 200')
    if packages:
        top.append(_packages(packages))
    top += more
    if top:
        yield "[app]"
        yield from top
    lines = [one.proposed for one in variables if one.proposed]
    if lines:
        yield from ([""] if top else [])
        yield "[env]"
        yield from lines


def _packages(names: Sequence[str]) -> str:
    listed = ", ".join(f'"{name}"' for name in names)
    return f"packages = [{listed}]"
