"""Fabric's executor for Slipway: calls each task once for all hosts, and shows every error as one line."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import invoke
from fabric.executor import Executor

from slipway.core.broken_pipe import BROKEN_PIPE, reader_is_gone
from slipway.core.errors import SlipwayError, UsageError, in_lines

if TYPE_CHECKING:
    from invoke.tasks import Call

# 128 + the number of SIGINT, as shells report a program that it ended.
INTERRUPTED = 130


class FleetExecutor(Executor):  # type: ignore[misc]  # fabric has no annotations
    """Calls each task once, whatever `--hosts` says, and hands that text on.

    A task finds what stood after `--hosts` (or `-H`) in `c.config["slipway"]["hosts"]`, and "" if that
    was not given: only the inventory knows what groups, roles and exclusions mean.
    """

    def execute(self, *tasks: Any) -> Any:
        """Run the tasks of the command line.

        Raises:
            invoke.Exit: with the message and exit code of whatever went wrong (see `failures_as_lines`).
        """
        with failures_as_lines():
            self.config["slipway"] = {"hosts": self._selection()}
            return super().execute(*tasks)

    def expand_calls(self, calls: list[Call], apply_hosts: bool = True) -> Any:
        """Keep one call for each task, where fabric would make one for each host."""
        return invoke.Executor.expand_calls(self, calls)

    def _selection(self) -> str:
        """What stands after `--hosts`, checked only for being there.

        Raises:
            UsageError: for `--hosts=` with nothing behind it, in scripts mostly an unset variable, which must
                not come to mean the default group; and for `fab -H prod -- command`, for which fabric takes
                groups for names of hosts.
        """
        if self.core.remainder:
            hosts, command = shlex.quote(self._given() or "prod"), shlex.quote(self.core.remainder)
            raise UsageError(
                "fab runs no command after '--': there is a task for that",
                hint=f"fab exec --hosts={hosts} --command={command}",
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
        One line for each error (a GroupException holds one for each host) and hint.
    """
    from fabric.exceptions import GroupException

    label = "\033[31merror:\033[0m" if colour else "error:"
    if isinstance(error, GroupException):
        failed = error.result.failed.items()
        return [f"{label} {host.host}: {_one_line(cause)[0]}" for host, cause in failed]
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
