"""Collects the app's environment on this machine: from files, tables and commands, and names to generate.

A command runs once for each deploy, here; what it says to its standard output is a secret from the first byte on.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from slipway.core.errors import UsageError

from .dotenv import Secret, parse

COMMAND_TIMEOUT = 60  # seconds
GENERATED = 50  # characters, as many as Django's own


class Command(NamedTuple):
    """A command line that prints a value, or a whole dotenv text.

    Attributes:
        where: the key of the inventory, for messages. line: for sh. folder: where it runs. timeout: seconds.
    """

    where: str
    line: str
    folder: Path
    timeout: int = COMMAND_TIMEOUT


class Generate(NamedTuple):
    """A strong value that is made once, and then kept on the hosts.

    Attributes:
        length: characters.
    """

    length: int = GENERATED


class Bound(NamedTuple):
    """A value that a service of the inventory gives: its whole URL, or a part of it.

    Attributes:
        service: the name of its table. kind: `postgres` and the like. part: `url`, `host`, `port` ...
        given: of an external service: its URL, a command that prints it, or the name of the variable that has it.
    """

    service: str
    kind: str
    part: str
    given: Secret | Command | str | None = None


Value = Secret | Command | Generate | Bound


class Table(NamedTuple):
    """Values by name that stand in one place.

    Attributes:
        origin: the place in a few words, such as `prod.env` or `[groups.prod.env]`.
        services: whom the app needs to run: one entry each, of the part `url`.
    """

    origin: str
    values: Mapping[str, Value]
    services: tuple[Bound, ...] = ()


Source = Table | Command


class Wanted(NamedTuple):
    """The environment of a host as this machine gives it.

    Attributes:
        values: by name. generate: what is to be made unless the hosts keep it already.
        origins: where each name comes from, in a few words.
        required: names that must have a value in the end.
        bound: what services give. services: the services themselves, see `Table`.
    """

    values: Mapping[str, Secret] = MappingProxyType({})
    generate: Mapping[str, Generate] = MappingProxyType({})
    origins: Mapping[str, str] = MappingProxyType({})
    required: tuple[str, ...] = ()
    bound: Mapping[str, Bound] = MappingProxyType({})
    services: tuple[Bound, ...] = ()

    @property
    def marks(self) -> str:
        """Stands for what is not a value; "" where there is nothing of that."""
        made = [f"{name}:{how.length}" for name, how in sorted(self.generate.items())]
        made += [f"{name}={one.service}.{one.part}" for name, one in sorted(self.bound.items())]
        return " ".join([*made, *(f"{name}!" for name in sorted(self.required))])


def literal(values: Mapping[str, Secret], origin: str = "[env]") -> Table:
    """A table of nothing but values."""
    return Table(origin, dict(values))


def literals(sources: Iterable[Source]) -> dict[str, Secret]:
    """The values that need no command to run; later ones win."""
    merged: dict[str, Secret] = {}
    for source in sources:
        if isinstance(source, Table):
            merged = {name: value for name, value in merged.items() if name not in source.values}
            merged |= {name: value for name, value in source.values.items() if isinstance(value, Secret)}
    return merged


def gather(each: Mapping[str, tuple[Sequence[Source], Sequence[str]]]) -> dict[str, Wanted]:
    """Run the commands, and merge everything; later sources win.

    Args:
        each: sources and required names of each host by its name.

    Raises:
        UsageError: a command failed; names its key.
    """
    commands = dict.fromkeys(command for sources, _ in each.values() for command in _commands(sources))
    found = dict(zip(commands, run(list(commands)), strict=True))
    return {host: _merge(sources, required, found) for host, (sources, required) in each.items()}


def run(commands: Sequence[Command]) -> list[bytes]:
    """What each command prints; the same line runs once. Their standard error is ours: they may warn."""
    if not commands:
        return []
    from concurrent.futures import ThreadPoolExecutor

    lines = dict.fromkeys((command.line, command.folder) for command in commands)
    first = {key: next(command for command in commands if (command.line, command.folder) == key) for key in lines}
    with ThreadPoolExecutor(4) as pool:
        said = dict(zip(lines, pool.map(_output, first.values()), strict=True))
    return [said[command.line, command.folder] for command in commands]


def outline(sources: Sequence[Source], required: Sequence[str]) -> tuple[Wanted, list[str]]:
    """The same without running a command: what commands give has an origin, and no value.

    Returns:
        It, and the commands that print names of their own.
    """
    origins = {
        name: _origin(source.origin, value)
        for source in sources
        if isinstance(source, Table)
        for name, value in source.values.items()
    }
    tables = [source for source in sources if isinstance(source, Table)]
    last = {name: value for source in tables for name, value in source.values.items()}
    generate = {name: value for name, value in last.items() if isinstance(value, Generate)}
    bound = {name: value for name, value in last.items() if isinstance(value, Bound)}
    wanted = Wanted(literals(sources), generate, origins, tuple(required), bound)
    return wanted, [f"{source.where}, a command" for source in sources if isinstance(source, Command)]


def _output(command: Command) -> bytes:
    import signal
    import subprocess
    import sys

    sys.stderr.flush()
    process = subprocess.Popen(
        ["sh", "-c", command.line], cwd=command.folder, stdout=subprocess.PIPE, start_new_session=not sys.stdin.isatty()
    )
    try:
        said, _ = process.communicate(timeout=command.timeout)
    except subprocess.TimeoutExpired:
        (os.killpg if not sys.stdin.isatty() else os.kill)(process.pid, signal.SIGKILL)
        hint = "Does it wait for an answer? `timeout` in its table gives it longer."
        raise UsageError(f"{command.where}: its command did not end within {command.timeout} s", hint=hint) from None
    finally:
        if process.stdout:
            process.stdout.close()
    if process.returncode:
        raise UsageError(
            f"{command.where}: its command ended with exit code {process.returncode}",
            hint="What it had to say stands above. Try it by hand; nothing was contacted.",
        )
    return said


def _commands(sources: Sequence[Source]) -> list[Command]:
    """All of them, but for those whose value another source overrules."""
    found: dict[str, Command] = {}
    whole = []
    for source in sources:
        if isinstance(source, Command):
            whole.append(source)
            continue
        found = {name: command for name, command in found.items() if name not in source.values}
        found |= {name: value for name, value in source.values.items() if isinstance(value, Command)}
        whole += [one.given for one in source.services if isinstance(one.given, Command)]
    return [*whole, *found.values()]


def _merge(sources: Sequence[Source], required: Sequence[str], said: Mapping[Command, bytes]) -> Wanted:
    values: dict[str, Value] = {}
    origins: dict[str, str] = {}
    services: list[Bound] = []
    for source in sources:
        table = (
            Table(f"{source.where}, a command", parse(said[source], source.where))
            if isinstance(source, Command)
            else source
        )
        values |= table.values
        origins |= {name: _origin(table.origin, value) for name, value in table.values.items()}
        services += [_known(one, said) for one in table.services]
    return Wanted(
        {name: _value(value, said) for name, value in values.items() if isinstance(value, (Secret, Command))},
        {name: value for name, value in values.items() if isinstance(value, Generate)},
        origins,
        tuple(dict.fromkeys(required)),
        {name: _known(value, said) for name, value in values.items() if isinstance(value, Bound)},
        tuple(services),
    )


def _known(one: Bound, said: Mapping[Command, bytes]) -> Bound:
    """With what its command has printed."""
    return one._replace(given=_value(one.given, said)) if isinstance(one.given, Command) else one


def _origin(place: str, value: Value) -> str:
    if isinstance(value, Command):
        return f"{place}, a command"
    return f"{place}, generated" if isinstance(value, Generate) else place


def _value(value: Secret | Command, said: Mapping[Command, bytes]) -> Secret:
    """The value itself; of what a command prints without the line ends at its end, as $(...) has it."""
    if isinstance(value, Secret):
        return value
    try:
        text = said[value].decode().rstrip("\r\n")
    except UnicodeDecodeError:
        what = f"{value.where}: its command printed something else than UTF-8 text"
        raise UsageError(what, hint="Have it print text, for example by `| base64`.") from None
    if not text:
        raise UsageError(f"{value.where}: its command printed nothing", hint="Try it by hand.")
    return Secret(text)
