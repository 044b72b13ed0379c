"""Extends Fabric's program: our parser, and one line for each mistake where Fabric shows a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import fabric.main
import invoke
from invoke.exceptions import CollectionNotFound

from slipway.cli.free_words import WordParser, takes_command

FORMATS = ("flat", "nested", "json")
HOSTS = (
    "--hosts=STRING",
    "Groups, hosts or roles of inventory.toml, by comma; ~NAME leaves one out (default: the default group).",
)


class SlipwayProgram(fabric.main.Fab):  # type: ignore[misc]  # fabric has no annotations
    """Fabric's program; see `adopt`."""

    def parse_core_args(self) -> None:
        """Parse what stands before the first task."""
        with _numbers_explained(self.initial_context.flags, self.argv[1:]):
            super().parse_core_args()

    def load_collection(self) -> None:
        """Load the fabfile that Fabric finds here or in a folder above; where there is none, Slipway's own tasks."""
        loader = self.loader_class(config=self.config, start=self.args["search-root"].value)
        name = self.args.collection.value
        try:
            loader.find(name or self.config.tasks.collection_name)
        except CollectionNotFound:
            if name:
                raise explain_no_collection(name) from None
            self.collection = invoke.Collection.from_module(own_tasks())
        else:
            super().load_collection()

    def parse_tasks(self) -> None:
        """Parse tasks and their options; what follows `--` goes to a task that takes a command."""
        if self.core.remainder and takes_command(self.core.unparsed):
            argv: list[str] = self.argv
            self.core.unparsed += argv[argv.index("--") :]
            self.core.remainder = ""
        super().parse_tasks()

    def _make_parser(self) -> WordParser:
        from slipway.cli.executor import LocalTask

        contexts = self.collection.to_contexts(ignore_unknown_help=self.config.tasks.ignore_unknown_help)
        local = [each.name for each in contexts if each.name and isinstance(self.collection[each.name], LocalTask)]
        kind: type[WordParser] = WordParser
        if self.args.complete.value:
            from slipway.cli.complete_hosts import CompletingParser

            kind = CompletingParser
        return kind(initial=self.initial_context, contexts=contexts, local=local)

    def parse_cleanup(self) -> None:
        """Answer --help and --list, whose arguments are checked first."""
        from slipway.cli.mistakes import explain_unknown

        wanted, group = self.args.help.value, self.args.list.value
        if isinstance(wanted, str) and wanted not in self.parser.contexts:
            raise explain_unknown(wanted, "task", self.parser.contexts)
        if isinstance(group, str) and group not in self.collection.collections:
            raise explain_unknown(group, "group of tasks", self.collection.collections)
        format = self.args["list-format"].value
        if format not in FORMATS:
            raise explain_unknown(format, "--list-format", FORMATS)
        if self.args.complete.value:
            self._complete_hosts()
        super().parse_cleanup()

    def _complete_hosts(self) -> None:
        """Print hosts where they may stand; nothing else where nothing else may."""
        from slipway.cli.complete_hosts import hosts_alone, inventory_names, names_behind_task

        names = inventory_names()
        alone = hosts_alone(self.core.remainder, names)
        tasks = [name for name in self.parser.contexts if name not in self.parser.local]
        for word in names_behind_task(self.core.remainder, tasks, names) if alone is None else alone:
            print(word)
        if alone is not None:
            raise invoke.Exit()

    def no_tasks_given(self) -> None:
        """Print the list of tasks, where Fabric shows its own options."""
        if self._remainder_only:
            return
        self.list_flat()
        print("`fab --help` shows the options that stand before a task, such as --hosts.")
        raise invoke.Exit()

    def print_version(self) -> None:
        """Say Slipway's version, and those of what it is built on."""
        from slipway.core.version import VERSION

        print(f"Slipway {VERSION}")
        super().print_version()

    def list_flat(self) -> None:
        """Print the tasks in groups; those of one collection alone (`--list env`) as invoke does."""
        if self.list_root:
            super().list_flat()
            return
        from slipway.cli.list_and_help import grouped

        pairs = self._make_pairs(self.scoped_collection)
        width = max((len(name) for name, _ in pairs), default=0)
        for title, each in grouped(pairs):
            print(f"{title}:\n")
            self.print_columns([(name.ljust(width), text) for name, text in each])
        print("`fab --help TASK` shows the options and examples of one.")

    def print_task_help(self, name: str) -> None:
        """Print what a task does, how it is called, its options and examples."""
        from slipway.cli.list_and_help import task_help

        text, examples = task_help(self.collection[name])
        takes = self.parser.argument_hint(name)
        print(f"Usage: {self.binary} {name} [--options]{takes}\n")
        print("\n".join(text))
        options = self.parser.contexts[name].help_tuples()
        if name not in self.parser.local:
            options = [(HOSTS[0], HOSTS[1]), *options]
        if options:
            print("Options:")
            self.print_columns(options)
        if examples:
            print("Examples:")
            print("\n".join(f"  {example}" for example in examples) + "\n")

    def update_config(self, merge: bool = True) -> None:
        """Refuse options without effect before Fabric asks for a password, and check files that are named."""
        from slipway.cli.executor import FleetExecutor, failures_as_lines
        from slipway.cli.fabric_options import login_options, refuse_without_effect
        from slipway.core.errors import UsageError

        with failures_as_lines():
            refuse_without_effect(self.args, listing=bool(self.args.list.value))
            login_options(self.args)
            if self.args.config.value and not Path(self.args.config.value).is_file():
                raise UsageError(
                    f"--config: {self.args.config.value} is not a file that can be read",
                    hint="Name a file that you may read.",
                )
        super().update_config()
        if self.config.tasks.executor_class is None:  # an app's own repository needs no fabric.yaml
            self.executor_class = FleetExecutor


@contextmanager
def _numbers_explained(flags: Any, argv: list[str]) -> Iterator[None]:
    """Say which option wants a whole number, where invoke only raises ValueError."""
    try:
        yield
    except ValueError as error:
        from slipway.cli.mistakes import explain_number

        raise explain_number(argv, [flags]) from error


def own_tasks() -> ModuleType:
    """The module of Slipway's tasks: in the installed package, or at the top of a checkout."""
    import slipway

    folder = Path(slipway.__file__).parent
    return import_module("slipway.tasks" if (folder / "tasks").is_dir() else "tasks")


def explain_no_collection(name: str) -> invoke.Exit:
    """There is no file of the name that `--collection` gives."""
    from slipway.core.errors import UsageError, in_lines

    hint = "Leave --collection out for fabfile.py, or for Slipway's own tasks where there is none."
    message = f"--collection={name}: there is no {name}.py here or in a folder above"
    return invoke.Exit("\n".join(in_lines(UsageError(message, hint=hint))), code=2)


def adopt() -> None:
    """Have the running `fab` be a SlipwayProgram, also one that was started as Fabric's own."""
    if type(fabric.main.program) is fabric.main.Fab:
        fabric.main.program.__class__ = SlipwayProgram
