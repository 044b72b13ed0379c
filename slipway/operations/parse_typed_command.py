"""Makes an order from what was typed for `fab run` and `fab exec`: the command, its name, its time limit."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timezone
from pathlib import PurePosixPath
from types import MappingProxyType

from slipway.core.errors import SlipwayError, UsageError
from slipway.model.hosts_to_targets import who
from slipway.steps.oneoff_tasks import OneOffCommand, task_id

SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")
LONGEST = 1e9  # seconds: more than thirty years
UNITS = MappingProxyType({"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400})


def order(
    command: str, *, name: str = "", timeout: str = "", detach: bool = False, recorded: bool = True
) -> OneOffCommand:
    """Make an order from what was typed.

    Args:
        timeout: such as `90`, `90s`, `10m`, `2h`; empty for none.
        recorded: whether it is a one-off task, with an id and a record.

    Raises:
        UsageError: there is no command, or a time that is none.
    """
    if not command.strip():
        raise UsageError("there is no command", hint="Write it behind the options: fab run python manage.py check")
    if "\0" in command:
        raise UsageError("a command cannot hold a NUL", hint="Take that character out.")
    when = datetime.now(timezone.utc)
    label = name or safe_word(command)
    id = task_id(when, label, secrets.token_hex(2)) if recorded else ""
    return OneOffCommand(command, who(), when, id, name or label, seconds(timeout), detach)


def safe_word(command: str) -> str:
    """A word for a task's id: the program, and what it does if it is a manage.py; never what may hold a secret."""
    words = command.split()
    while words and re.match(r"\w+=", words[0]):
        words.pop(0)
    named = [PurePosixPath(word).name for word in words[:1]]
    at = next((number for number, word in enumerate(words[:3]) if PurePosixPath(word).name == "manage.py"), None)
    if at is not None:
        named = ["manage", *words[at + 1 : at + 2]]
    return "-".join(named) if named and all(re.fullmatch(r"[A-Za-z][\w.]{0,24}", word) for word in named) else "command"


def seconds(text: str, flag: str = "--timeout") -> float:
    """Read a span of time that a flag was given: `90`, `90s`, `10m`, `2h`, `1d`; empty is 0.

    Raises:
        UsageError: it is none, or no time at all.
    """
    if not text.strip():
        return 0
    match = SPAN.fullmatch(text.strip())
    span = float(match[1]) * UNITS[match[2]] if match else 0
    if not 0 < span < LONGEST:
        raise UsageError(f"{flag}={text} is no span of time", hint="Write 90, 90s, 10m, 2h or 1d.")
    return span


def matching(id: str, known: set[str]) -> str:
    """The one task whose id this is, or is a part of.

    Raises:
        SlipwayError: there is none, or there are several.
    """
    found = [id] if id in known else sorted(one for one in known if id in one)
    if not found:
        raise SlipwayError(f"no task {id} on the selected hosts", hint="`fab tasks` lists them.")
    if len(found) > 1:
        raise SlipwayError(f"{id} may be any of {', '.join(found[:5])}", hint="Give more of the id.")
    return found[0]
