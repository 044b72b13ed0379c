"""Reads the processes of an app from heroku.yml, Cloud Foundry's manifest.yml, or a script that ends in exec."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from slipway.core import yaml

from . import callable_in_web_command
from .split_shell_commands import is_developers

_SKIPPED = re.compile(r"\s*(?:#.*|set\s+[-+].*|cd \"\$\(dirname .*)?$")


def read_heroku(content: str) -> dict[str, str]:
    """The commands of `run`, and of `release`; nothing of what images are built from."""
    document = _table(_parsed(content))
    found = {name: _command(value) for name, value in _table(document.get("run")).items()}
    found["release"] = _command(document.get("release"))
    return {str(name): command for name, command in found.items() if command}


def read_cloud_foundry(content: str) -> dict[str, str]:
    """The commands of the one application of a manifest; nothing if there are several."""
    applications = _table(_parsed(content)).get("applications")
    if not isinstance(applications, list) or len(applications) != 1:
        return {}
    application = _table(applications[0])
    found = {"web": _command(application.get("command"))}
    processes = application.get("processes")
    for process in processes if isinstance(processes, list) else []:
        found[str(_table(process).get("type"))] = _command(_table(process).get("command"))
    return {name: command for name, command in found.items() if command}


def read_script(content: str) -> dict[str, str]:
    """The web server that a shell script starts in its last line; nothing if it does more than a deploy does itself."""
    lines = [line.strip() for line in content.replace("\\\n", " ").splitlines() if not _SKIPPED.fullmatch(line)]
    command = " && ".join(lines)
    if (
        not lines
        or not lines[-1].startswith("exec ")
        or is_developers(command)
        or not (parsed := callable_in_web_command.parse(command))
        or parsed.besides
    ):
        return {}
    return {"web": command}


# What is read where there is no Procfile, the most telling first.
FILES: Mapping[str, Callable[[str], dict[str, str]]] = MappingProxyType(
    {
        "heroku.yml": read_heroku,
        "manifest.yml": read_cloud_foundry,
        **dict.fromkeys(("app.sh", "start.sh", "run.sh", "entrypoint.sh"), read_script),
    }
)


def _parsed(content: str) -> Any:
    """The document; None for one that is no YAML: such a file may be anything."""
    try:
        return yaml.parse(content)
    except ValueError:
        return None


def _table(value: object) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _command(value: object) -> str:
    """A command as text, as a list of words, or in a table."""
    if isinstance(value, dict):
        value = value.get("command")
    if isinstance(value, list):
        words = [str(word) for word in value]
        value = words[0] if len(words) == 1 else shlex.join(words)
    return " ".join(value.split()) if isinstance(value, str) else ""
