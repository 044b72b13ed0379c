"""Accepts words without an option name: `fab deploy prod`, `fab run python manage.py check`, `fab env.set A=1 B=2`."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from types import MappingProxyType
from typing import Any

from invoke import Exit, ParseError
from invoke.parser import Parser
from invoke.parser.argument import Argument

# Tasks that take words: the option that each word is a value of, and what the words are called in help.
TAKES = MappingProxyType(
    {
        "env.set": ("--set", "NAME=VALUE ..."),
        "env.unset": ("--name", "NAME ..."),
        "env.reset": ("--name", "NAME ..."),
        "db.restore": ("--backup", "BACKUP"),
    }
)
# Tasks whose first free word begins a command, be it the name of a task; whatever follows belongs to it.
COMMANDS = ("run", "exec")
_HOSTS = ("--hosts", "-H")


def takes_command(argv: Sequence[str]) -> bool:
    """Whether what follows `--` behind these words may be the command of a task."""
    return any(word in COMMANDS for word in argv)


class WordParser(Parser):
    """Invoke's parser, which also takes free words after a task.

    After `run` and `exec` they are the command, after `env.set` and the like variables, after every other task hosts.

    Args:
        local: names of the tasks that work on this machine, and so take no hosts.
    """

    def __init__(self, *args: Any, local: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.local = frozenset(local)

    def parse_argv(self, argv: list[str]) -> Any:
        """Parse the command line without the name of the program.

        Only tasks whose names are in it take part: invoke begins with a copy of all that its parser knows.

        Raises:
            invoke.Exit: there is no such task, no such option, or a number that is none, or a negative one.
        """
        words = self.with_options(argv)
        named = [task for task in self.contexts.values() if _is_in(words, (task.name, *task.aliases))]
        try:
            parsed = Parser(named, self.initial, self.ignore_unknown).parse_argv(words)
        except ParseError as error:
            from slipway.cli.mistakes import explain

            raise explain(error, self, words) from error
        except ValueError as error:
            raise self._no_number(words) from error
        if any(_is_negative(option) for context in parsed for option in context.args.values()):
            raise self._no_number(words)
        return parsed

    def argument_hint(self, task: str) -> str:
        """What free words a task takes, for the first line of its help."""
        if task in self.local:
            return ""
        return f" {'COMMAND' if task in COMMANDS else TAKES[task][1] if task in TAKES else '[HOSTS]'}"

    def _no_number(self, words: Sequence[str]) -> Exit:
        from slipway.cli.mistakes import explain_number

        return explain_number(words, [context.flags for context in (*self.contexts.values(), self.initial) if context])

    def with_options(self, argv: Sequence[str]) -> list[str]:
        """The same command line with an option before each free word; names of tasks stay what they are.

        Raises:
            invoke.Exit: hosts or a command are given in two ways, or --hosts stands behind a command.
        """
        found: list[str] = []
        hosts: list[str] = []
        task, value = "", False
        for at, part in enumerate(argv):
            if value or (part.startswith("-") and part != "--"):
                found.append(part)
                value = not value and "=" not in part and self._takes_value(task, part)
            elif task in COMMANDS and (part not in self.contexts or not _gives(found, ("--command",))):
                return [*found, *_named(hosts, found), *_command(argv[at:], found)]
            elif part in self.contexts:
                task = self.contexts[part].name
                found.append(part)
            elif task in TAKES:
                found.append(f"{TAKES[task][0]}={part}")
            elif part == "--":
                found += argv[at:]
                break
            elif task and task not in self.local:
                self._refuse_value(task, part)
                hosts.append(part)
            else:
                found.append(part)
        return [*found, *_named(hosts, found)]

    def _refuse_value(self, task: str, part: str) -> None:
        """Refuse NAME=VALUE where hosts are named, with the line that was meant; the value may be a secret.

        Raises:
            invoke.Exit: it is an option without its dashes, or what `fab scale` wants to be said by two options.
        """
        name, equals, value = part.partition("=")
        if task == "scale" and name.isidentifier() and value.isdecimal():
            raise _usage(f"fab scale takes no '{part}'", f"Write it as: fab scale --process={name} --count={value}")
        if equals and f"--{name}" in self.contexts[task].flags:
            raise _usage(f"'{name}=...' is no host", f"{name} is an option: write it as --{name}=...")

    def _takes_value(self, task: str, part: str) -> bool:
        contexts = [self.contexts[task]] if task else []
        for context in (*contexts, *([self.initial] if self.initial else [])):
            if part in context.flags:
                return bool(context.flags[part].takes_value) and not context.flags[part].optional
        return False


def _named(hosts: Sequence[str], options: Sequence[str]) -> list[str]:
    """Free words that name hosts, as the option."""
    if hosts and _gives(options, _HOSTS):
        raise _usage(f"hosts are named twice: by --hosts, and by '{' '.join(hosts)}'", "Name them in one place.")
    return [f"--hosts={','.join(hosts)}"] if hosts else []


def _command(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """The words of a command, as the option. A single one is a line for sh; several are handed on as they are."""
    dashes = words[0] == "--"
    if not dashes and _gives(words, _HOSTS):
        raise _usage(
            "--hosts stands behind the command, and would be a part of it",
            "Put --hosts before the command; `--` before the command passes everything on to it.",
        )
    if _gives(options, ("--command",)):
        raise _usage("the command is given twice: by --command, and by free words", "Give it in one way.")
    rest = words[dashes:]
    return [f"--command={rest[0] if len(rest) == 1 else shlex.join(rest)}"] if rest else []


def _gives(words: Sequence[str], options: Sequence[str]) -> bool:
    return any(word.partition("=")[0] in options for word in words)


def _usage(message: str, hint: str) -> Exit:
    from slipway.core.errors import UsageError, in_lines

    return Exit("\n".join(in_lines(UsageError(message, hint=hint))), code=2)


def _is_in(words: Sequence[str], names: Sequence[str]) -> bool:
    return any(name in word for name in names for word in words)


def _is_negative(option: Argument) -> bool:
    return option.kind is int and option.got_value and option.value < 0
