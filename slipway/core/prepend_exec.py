"""Puts `exec` into a shell command line where the shell is not needed any more, so that signals reach the program."""

from __future__ import annotations

import re

# Words that begin something which `exec` cannot run: compound commands, and what changes the shell itself.
_COMPOUND = frozenset({"if", "for", "while", "until", "case", "select", "function", "time", "!", "{", "[["})
_BUILTIN = frozenset({"cd", "export", "set", "unset", "umask", "ulimit", "wait", "trap", ".", "source", "eval", "exit"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def exec_command(command: str) -> str | None:
    """Return the command line with `exec` before its last program, or None where a shell has to stay.

    A shell that stays gets the signals that are meant for the program, so whoever starts it has to signal the whole
    process group. `cd x && y` becomes `cd x && exec y`, and `A=1 y` becomes `exec env A=1 y`. Pipes, `||`, background
    commands, subshells and compound commands keep their shell.

    Args:
        command: a line for `sh -c`.
    """
    start = _last_command(command)
    if start is None:
        return None
    before, last = command[:start], command[start:].lstrip()
    word = last.split(maxsplit=1)[0] if last else ""
    if not word or word in _COMPOUND or word in _BUILTIN or _reserved_before(before):
        return None
    if word == "exec":
        return command
    env = "env " if _ASSIGNMENT.match(word) else ""
    return f"{before}{' ' if before else ''}exec {env}{last}"


def _reserved_before(before: str) -> bool:
    """Whether an earlier part of a list begins a compound command, which the last part then belongs to."""
    parts = re.split(r"&&|;|\n", before)
    return any(part.split(maxsplit=1)[0] in _COMPOUND for part in parts if part.strip())


def _last_command(command: str) -> int | None:
    """Where the last command of a list of commands (`&&`, `;`, line ends) begins; None if there is more than a list."""
    start, at, quote = 0, 0, ""
    while at < len(command):
        char = command[at]
        if char == "\\" and quote != "'":
            at += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "|()`" or command.startswith("<<", at) or (char == "#" and command[at - 1 : at] in ("", " ")):
            return None
        elif command.startswith("&&", at):
            at, start = at + 1, at + 2
        elif char == "&" and command[at - 1 : at] not in ("<", ">"):
            return None
        elif char in ";\n" and command[at + 1 :].strip():
            start = at + 1
        at += 1
    return None if quote else start
