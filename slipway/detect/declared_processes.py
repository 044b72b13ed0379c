"""Reads which processes the app itself declares, in a Procfile or the like: web, release, and those besides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from slipway.core.errors import UsageError
from slipway.inventory.app import WEB
from slipway.inventory.value_types import NAME

from .committed_files import SourceTree, join, text
from .processes_of_other_platforms import FILES
from .split_shell_commands import is_developers

PROCFILE = "Procfile"
RELEASE = "release"
NAMES = (PROCFILE, *FILES)  # of files that may declare processes
_LINE = re.compile(r"(?P<name>[A-Za-z0-9_-]+)\s*:\s*(?P<command>\S.*)")


class Declared(NamedTuple):
    """What a file of the app says about its processes.

    Attributes:
        path: of that file; "" if there is none. folder: where its commands run, relative to the source.
        commands: of all processes by their names, web and release among them.
        developers: whether its web server is one for developers, so that none of it is meant for a server.
    """

    path: str = ""
    folder: str = ""
    commands: Mapping[str, str] = {}
    developers: bool = False

    @property
    def web(self) -> str | None:
        return self.commands.get(WEB)

    @property
    def release(self) -> str | None:
        return self.commands.get(RELEASE)

    @property
    def others(self) -> dict[str, str]:
        """All but web and release."""
        return {name: command for name, command in self.commands.items() if name not in (WEB, RELEASE)}


def find(tree: SourceTree, chdir: str) -> Declared:
    """Read the Procfile in the folder that the app runs in, else the one at the top; else files of the same kind.

    Raises:
        UsageError: a process has a name that cannot be used.
    """
    for folder in dict.fromkeys((chdir, "")):
        path = join(folder, PROCFILE)
        if path in tree.files:
            commands = read_procfile(path, text(tree, path))
            if is_developers(commands.get(WEB, "")):
                return Declared(path, folder, {}, developers=True)
            return Declared(path, folder, commands)
    for folder in dict.fromkeys((chdir, "")):
        for name, read in FILES.items():
            path = join(folder, name)
            if path in tree.files and (found := read(text(tree, path))):
                return Declared(path, folder, {_name(path, 0, key): command for key, command in found.items()})
    return Declared()


def read_procfile(path: str, content: str) -> dict[str, str]:
    """The command of each process, by its name as Slipway writes it.

    Raises:
        UsageError: a name that cannot be used, or that stands there twice.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(content.splitlines(), 1):
        match = _LINE.fullmatch(line.strip())
        if not match:
            continue
        name = _name(path, number, match["name"])
        if name in found:
            raise UsageError(f"{path}, line {number}: the process {name} is there twice", hint="Take one out.")
        found[name] = match["command"]
    return found


def _name(path: str, line: int, given: str) -> str:
    name = given.lower().replace("_", "-")
    if not re.match(NAME, name):
        place = f"{path}, line {line}" if line else path
        raise UsageError(
            f"{place}: '{given}' cannot be the name of a process",
            hint="Use letters, digits and hyphens, and begin with a letter.",
        )
    return name
