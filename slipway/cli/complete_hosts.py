"""Completes names of hosts, groups and roles on the command line; invoke completes tasks and options."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Any

from invoke.parser import Parser

from slipway.cli.free_words import COMMANDS, TAKES, WordParser

_OPTIONS = ("--hosts", "-H")


def hosts_alone(line: str, names: Iterable[str]) -> list[str] | None:
    """What may stand where the cursor is, as far as hosts are concerned.

    Args:
        line: the command line so far, with the name of the program; bash hands `--hosts=pr` on as three words.
        names: of hosts, groups and roles in the inventory.

    Returns:
        Words to offer alone; None if invoke is to offer its own, to which `names_behind_task` adds.
    """
    words = _words(line)
    before, last = words[:-1], words[-1] if words else ""
    behind = before[:-1] if before[-1:] == ["="] else before
    if last in _OPTIONS or (behind and behind[-1] in _OPTIONS):
        return [*names]
    if last.startswith("--hosts="):
        return [f"--hosts={name}" for name in names]
    return None


def names_behind_task(line: str, tasks: Collection[str], names: Iterable[str]) -> list[str]:
    """Names that may stand as a free word: behind a task that takes hosts, and no command or variables."""
    words = _words(line)
    task = next((word for word in reversed(words) if word in tasks), "")
    free = task and task not in COMMANDS and task not in TAKES and not words[-1].startswith("-")
    return [*names] if free else []


def inventory_names() -> list[str]:
    """All names in the inventory; none if there is no inventory, or a broken one."""
    from slipway.core.errors import SlipwayError
    from slipway.inventory import load

    with suppress(SlipwayError):
        return [*load().names]
    return []


class CompletingParser(WordParser):
    """The parser of a command line that is not finished: it raises invoke's own error, which completion expects."""

    def parse_argv(self, argv: list[str]) -> Any:
        """Raises ParseError: with the task that came last, whose options are offered."""
        return Parser.parse_argv(self, argv)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)[1:]
    except ValueError:  # a quote that is still open
        return []
