"""Prints `fab --list` in groups, in the order of a user's day, and the help of each task."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from types import MappingProxyType

Pairs = Sequence[tuple[str, str | None]]
OTHER = "Other tasks"
GROUPS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "Begin": ("init", "detect"),
        "Servers": ("provision", "destroy"),
        "Deploy": ("plan", "deploy", "rollback", "releases", "history", "lock", "unlock"),
        "Look": ("status", "doctor", "ps", "logs", "open"),
        "Processes": ("restart", "stop", "start", "scale", "maintenance.on", "maintenance.off"),
        "Environment": ("env.list", "env.diff", "env.set", "env.unset", "env.reset"),
        "Database and backups": ("db.shell", "db.dump", "db.backup", "db.backups", "db.restore", "db.copy"),
        "Commands and shells": (
            *("run", "exec", "shell", "console", "ssh"),
            *("tasks.list", "tasks.logs", "tasks.stop"),
        ),
        "On this machine": ("demo", "lab.up", "lab.status", "lab.down", "test"),
    }
)


def grouped(pairs: Pairs, groups: Mapping[str, Sequence[str]] = GROUPS) -> list[tuple[str, Pairs]]:
    """Sort tasks into groups.

    Args:
        pairs: each task's name, perhaps with aliases behind it, and its help.
        groups: by title the names of tasks, in their order.

    Returns:
        Title and tasks of each group that has any; tasks of no group, such as a team's own, come last.
    """
    known = {name.partition(" ")[0]: (name, text) for name, text in pairs}
    named = {name for names in groups.values() for name in names}
    found = [(title, [known[name] for name in names if name in known]) for title, names in groups.items()]
    found.append((OTHER, [pair for name, pair in known.items() if name not in named]))
    return [(title, each) for title, each in found if each]


def task_help(body: object) -> tuple[list[str], list[str]]:
    """The docstring of a task as lines of text, and its examples, a line each.

    The last paragraph may begin with `Example:` or `Examples:`; several are kept apart by four spaces or more.
    """
    paragraphs = (inspect.getdoc(body) or "").split("\n\n")
    examples: list[str] = []
    if paragraphs[-1].startswith(("Example:", "Examples:")):
        text = paragraphs.pop().partition(":")[2].replace("\n", "    ")
        examples = [part.strip() for part in text.split("    ") if part.strip()]
    return [line for each in paragraphs for line in (*each.splitlines(), "")], examples
