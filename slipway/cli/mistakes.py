"""Explains what is wrong with a command line, and suggests the task or option that was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from invoke import Exit, ParseError

if TYPE_CHECKING:
    from invoke.parser import Parser

ALIKE = 0.7  # of 1: how much a word has to be like another one to be taken for it


def explain(error: ParseError, parser: Parser, argv: Sequence[str]) -> Exit:
    """What invoke's parser does not understand, as an error of exit code 2.

    Args:
        parser: knows which tasks there are, and which options.
        argv: the command line without the name of the program.
    """
    from slipway.core.errors import UsageError, in_lines

    task = getattr(error.context, "name", None) or ""
    contexts = [parser.contexts.get(task), parser.initial]
    flags = [context.flags for context in contexts if context]
    text = str(error)
    if found := re.fullmatch(r"No idea what '(.+)' is!", text):
        message, meant = _unknown(found[1], task, parser.contexts, flags, argv)
    elif found := re.match(r"Flag <Argument: ([\w-]+).* needed value", text):
        message, meant = f"{_option(found[1], flags)} needs a value", ""
    else:
        message, meant = text, ""
    hint = f"{meant}`fab {f'--help {task}' if task else '--list'}` shows what there is."
    return Exit("\n".join(in_lines(UsageError(message, hint=hint))), code=2)


def explain_unknown(word: str, kind: str, known: Iterable[str]) -> Exit:
    """A name that is none of those that there are, as an error of exit code 2.

    Args:
        kind: what it would be the name of. known: all names that there are.
    """
    from slipway.core.errors import UsageError, in_lines

    names = list(known)
    hint = f"{_meant(word, names)}`fab --list` shows what there is." if "task" in kind else f"Say {_or(names)}."
    return Exit("\n".join(in_lines(UsageError(f"there is no {kind} '{word}'", hint=hint))), code=2)


def explain_number(argv: Sequence[str], flags: Sequence[Mapping[str, Any]]) -> Exit:
    """An option that wants a whole number from 0 on and got something else, as an error of exit code 2."""
    from slipway.core.errors import UsageError, in_lines

    pairs = [part.partition("=")[::2] for part in argv if "=" in part]
    pairs += [(part, following) for part, following in pairwise(argv) if "=" not in part]
    option, value = next(
        (option, value)
        for option, value in pairs
        for each in flags
        if option in each and each[option].kind is int and not re.fullmatch(r"\s*\+?[0-9]+\s*", value)
    )
    error = UsageError(f"{option}: '{value}' is not a whole number from 0 on", hint=f"Write it as {option}=3.")
    return Exit("\n".join(in_lines(error)), code=2)


def _or(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _unknown(word: str, task: str, tasks: Iterable[str], flags: Sequence[Any], argv: Sequence[str]) -> tuple[str, str]:
    """What to say of a word that is no task and no option; and of the one that is most like it."""
    option = word.partition("=")[0]
    if option.startswith("-"):
        known = [name for each in flags for name in (*each, *each.aliases)]
        return f"{task or 'fab'} has no option {option}", _meant(option, known)
    switch = next((part for part in argv if part.startswith("-") and part.endswith(f"={word}")), "")
    if switch:
        return f"{switch.partition('=')[0]} takes no value", ""
    if option != word:  # what follows = may be a secret
        return f"there is no task '{option}=...'", "Variables are set by `fab env.set NAME=value`. "
    return f"there is no task '{word}'", _meant(word, tasks)


def _option(name: str, flags: Sequence[Mapping[str, Any]]) -> str:
    """An option as people write it, by the name that invoke has for it."""
    for each in flags:
        for flag in (f"--{name.replace('_', '-')}", f"-{name}"):
            if flag in each:
                return f"--{max(each[flag].names, key=len).replace('_', '-')}"
    return name


def _meant(wrong: str, known: Iterable[str]) -> str:
    from slipway.inventory.describe_problem import closest

    close = closest(wrong, known, ALIKE)
    return f"Did you mean {close}? " if close else ""
