"""Fabric's executor for Slipway: calls each task once for all hosts, and shows every error as one line."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import invoke
from fabric.executor import Executor
from invoke.tasks import Task

from slipway.cli.fabric_options import OF_HOSTS, is_given, login_options
from slipway.core.broken_pipe import BROKEN_PIPE, reader_is_gone
from slipway.core.errors import SlipwayError, UsageError, in_lines
from slipway.core.printable import clean

if TYPE_CHECKING:
    from invoke.tasks import Call

# 128 + the number of SIGINT, as shells report a program that it ended.
INTERRUPTED = 130


class FleetExecutor(Executor):  # type: ignore[misc]  # fabric has no annotations
    """Calls each task once, whatever `--hosts` says, and hands that text on.

    A task finds what stood after `--hosts` (or `-H`) in `c.config["slipway"]["hosts"]`, and "" if that
    was not given: only the inventory knows what groups, roles and exclusions mean. Beside it stand `identity` and
    `ssh_config`, see `slipway.cli.fabric_options.login_options`.
    """

    def execute(self, *tasks: Any) -> Any:
        """Run the tasks of the command line.

        Raises:
            invoke.Exit: with the message and exit code of whatever went wrong (see `failures_as_lines`).
        """
        with failures_as_lines():
            self.config.load_shell_env()  # where `run.dry` may be set, too
            self.config["slipway"] = {"hosts": self._selection(), **login_options(self.core[0].args)}
            if len(tasks) > 1 and self._given() is None:
                refuse_names_of_hosts([task.name for task in tasks])
            return super().execute(*tasks)

    def expand_calls(self, calls: list[Call], apply_hosts: bool = True) -> Any:
        """Keep one call for each task, where fabric would make one for each host; none of them runs yet.

        Raises:
            UsageError: a task has no use for --dry, or for options that are about hosts.
        """
        expanded = invoke.Executor.expand_calls(self, calls)
        for call in expanded:
            self._check_local(call)
            if self.config.run.dry:
                self._make_dry(call)
        return expanded

    def _make_dry(self, call: Call) -> None:
        """Have a task only show what it would do. Tasks that can have a parameter `dry`; all others are refused."""
        if _can_be_dry(call.task):
            call.kwargs["dry"] = True
            return
        able = [name for name in self.collection.task_names if _can_be_dry(self.collection[name])]
        raise UsageError(
            f"{_name(call)} has no --dry, and nothing was done",
            hint=f"What it does or shows depends on the hosts, which --dry does not contact. These have it: "
            f"{', '.join(sorted(able))}.",
        )

    def _check_local(self, call: Call) -> None:
        if not isinstance(call.task, LocalTask):
            return
        given = [f"--{name}" for name in OF_HOSTS if is_given(self.core[0].args[name])]
        if given:
            raise UsageError(f"{_name(call)} works on this machine: it takes no {given[0]}", hint="Leave it out.")

    def _selection(self) -> str:
        """What stands after `--hosts`, checked only for being there.

        Raises:
            UsageError: for `--hosts=` with nothing behind it, in scripts mostly an unset variable, which must
                not come to mean the default group; and for `fab -H prod -- command`, for which fabric takes
                groups for names of hosts.
        """
        if self.core.remainder:
            hosts = shlex.quote(self._given() or "prod")
            raise UsageError(
                "fab runs no command after '--': there is a task for that",
                hint=f"fab exec --hosts={hosts} -- {self.core.remainder}",
            )
        given = self._given()
        if given is not None and not given.strip(" ,"):
            raise UsageError(
                "--hosts is empty",
                hint="Name groups, hosts or roles (--hosts=prod), or leave it away for the default group.",
            )
        return (given or "").strip()

    def _given(self) -> str | None:
        value = self.core[0].args.hosts.value
        return None if value is None else str(value)


def refuse_names_of_hosts(tasks: Sequence[str]) -> None:
    """Refuse `fab deploy test` where `test` is a task and also a group of hosts.

    Args:
        tasks: their names, in the order of the command line.

    Raises:
        UsageError: a task but the first has the name of a group, role or host of the inventory.
    """
    from slipway.inventory import load

    known: Collection[str] = ()
    with suppress(SlipwayError):  # each task says by itself what is wrong with an inventory
        known = load().names
    for name in tasks[1:]:
        if name in known:
            raise UsageError(
                f"'{name}' is a task, and a name in inventory.toml",
                hint=f"For these hosts: fab {tasks[0]} --hosts={name}. For two tasks: call fab twice.",
            )


class LocalTask(Task):  # type: ignore[type-arg]
    """A task that selects no hosts of the inventory, so that --hosts and the like are refused."""


def _name(call: Call) -> str:
    return f"fab {call.called_as or call.task.name}"


def _can_be_dry(task: Any) -> bool:
    return "dry" in inspect.signature(task.body).parameters


@contextmanager
def failures_as_lines() -> Iterator[None]:
    """Turn what goes wrong inside into invoke's Exit, the only thing that carries an exit code through fab.

    With SLIPWAY_DEBUG=1 everything but Exit passes through, for its traceback.
    """
    try:
        yield
        sys.stdout.flush()
    except (invoke.Exit, invoke.UnexpectedExit, invoke.ParseError):
        raise  # fab itself reports these
    except KeyboardInterrupt as interrupt:
        raise invoke.Exit("interrupted", code=INTERRUPTED) from interrupt
    except Exception as error:
        if isinstance(error, BrokenPipeError) and reader_is_gone():
            raise invoke.Exit(code=BROKEN_PIPE) from error
        if os.environ.get("SLIPWAY_DEBUG", "0") not in ("", "0"):
            raise
        raise _exit(error) from error


def _exit(error: Exception) -> invoke.Exit:
    code = error.code if isinstance(error, SlipwayError) else 1
    return invoke.Exit("\n".join(describe(error, colour=_colour())), code=code)


def describe(error: Exception, colour: bool = False) -> list[str]:
    """Say what went wrong: `error: MESSAGE`, and `  → HINT` below it if there is something to do.

    Args:
        error: a SlipwayError; what fabric, paramiko or the system raise; or a defect of ours.
        colour: whether "error:" is red.

    Returns:
        One line for each error (a GroupException holds one for each host); a hint may have several.
    """
    from fabric.exceptions import GroupException

    label = "\033[31merror:\033[0m" if colour else "error:"
    if isinstance(error, GroupException):
        failed = error.result.failed.items()
        return [f"{label} {host.host}: {clean(_one_line(cause)[0])}" for host, cause in failed]
    message, hint = _one_line(error)
    return in_lines(SlipwayError(message, hint=hint), label)


def _one_line(error: BaseException) -> tuple[str, str]:
    """Message and hint of one error."""
    from invoke.exceptions import Failure
    from paramiko.ssh_exception import SSHException

    if isinstance(error, SlipwayError):
        return error.message, error.hint
    text = re.sub(r"^\[Errno -?\w+\] ", "", " ".join(str(error).split())) or type(error).__name__
    if isinstance(error, (OSError, SSHException, Failure)):
        return text, ""
    return f"unexpected {type(error).__name__}: {text}{_place(error)}", "SLIPWAY_DEBUG=1 shows the traceback."


def _place(error: BaseException) -> str:
    """Where an error was raised, as ` (file.py:12)`; the innermost place."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"


def _colour() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")
