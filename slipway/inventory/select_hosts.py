"""Selects hosts by a text such as `prod,~web3`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from slipway.core.errors import UsageError

from .describe_problem import suggest

EXCLUDE = ("!", "~")


def choose(text: str, names: Mapping[str, Sequence[str]], default: str | None) -> list[str]:
    """The names of the hosts that `text` selects, each once.

    Args:
        text: names by comma (or space); a leading `~` or `!` takes hosts away again, wherever it stands.
            With nothing but exclusions, or nothing at all, the default stands for the rest.
        names: every group, role, host and `all`, with the hosts it means.
        default: the name that is meant when none is given.

    Raises:
        UsageError: an unknown name, no default, or no host left.
    """
    words = [word for word in re.split(r"[,\s]+", text) if word]
    wanted = [word for word in words if not word.startswith(EXCLUDE)]
    unwanted = [word[1:] for word in words if word.startswith(EXCLUDE)]
    if not wanted:
        if default is None:
            raise UsageError("no hosts selected", hint=f"Say --hosts=NAME; there are {_listing(names)}.")
        wanted = [default]
    chosen = {host for word in wanted for host in _hosts(word, names)}
    chosen -= {host for word in unwanted for host in _hosts(word, names)}
    if not chosen:
        raise UsageError(f"'{text or default}' selects no host", hint=f"There are {_listing(names)}.")
    return [host for host in names["all"] if host in chosen]


def _hosts(word: str, names: Mapping[str, Sequence[str]]) -> Sequence[str]:
    if "=" in word:  # what follows it may be a secret
        wrong = f"--hosts: '{word.partition('=')[0]}=...' is no group, role or host"
        raise UsageError(wrong, hint=f"Variables are set by `fab env.set NAME=value`. There are {_listing(names)}.")
    if word not in names:
        wrong = f"unknown group, role or host '{word}'{suggest(word, names)}"
        raise UsageError(wrong, hint=f"There are {_listing(names)}.")
    return names[word]


def _listing(names: Mapping[str, Sequence[str]], limit: int = 12) -> str:
    shown = list(names)[:limit]
    return ", ".join(shown) + (f" and {len(names) - limit} more" if len(names) > limit else "")
