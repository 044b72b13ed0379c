"""Accepts words without an option name, such as `fab env.set A=1 B=2`: invoke itself accepts options only."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from invoke import Exit, ParseError
from invoke.parser import Parser
from invoke.parser.argument import Argument

# Tasks that take words, and the option that each word is a value of.
TAKES = MappingProxyType({"env.set": "--set", "env.unset": "--name", "env.reset": "--name"})


class WordParser(Parser):
    """Invoke's parser, which hears each free word after one of these tasks as an option's value."""

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

    def _no_number(self, words: Sequence[str]) -> Exit:
        from slipway.cli.mistakes import explain_number

        return explain_number(words, [context.flags for context in (*self.contexts.values(), self.initial) if context])

    def with_options(self, argv: Sequence[str]) -> list[str]:
        """The same command line with an option before each free word; names of tasks stay what they are."""
        found: list[str] = []
        task, value = "", False
        for at, part in enumerate(argv):
            if part == "--":
                return [*found, *argv[at:]]
            if value or part.startswith("-"):
                found.append(part)
                value = not value and "=" not in part and self._takes_value(task, part)
            elif part in self.contexts:
                task = self.contexts[part].name
                found.append(part)
            else:
                found.append(f"{TAKES[task]}={part}" if task in TAKES else part)
        return found

    def _takes_value(self, task: str, part: str) -> bool:
        contexts = [self.contexts[task]] if task else []
        for context in (*contexts, *([self.initial] if self.initial else [])):
            if part in context.flags:
                return bool(context.flags[part].takes_value) and not context.flags[part].optional
        return False


def _is_in(words: Sequence[str], names: Sequence[str]) -> bool:
    return any(name in word for name in names for word in words)


def _is_negative(option: Argument) -> bool:
    return option.kind is int and option.got_value and option.value < 0
