"""Runs commands on this machine between two phases, and decides whether the next phase may begin."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress

from slipway.fleet.reporter import Reporter
from slipway.model.local_command import HERE, LocalCommand
from slipway.model.outcome import HostOutcome, Outcome, Result
from slipway.model.step import Phase

GRACE = 5.0  # seconds from TERM to KILL


def may_begin(phase: Phase, outcome: Outcome, reporter: Reporter) -> bool:
    """Ask what is to be asked first, and run the commands that come first; False where the plan ends here.

    A no counts as an interruption. A command that fails becomes an outcome of its own, called `HERE`.
    """
    if phase.question and not reporter.ask(phase.question):
        outcome.interrupted = True
        return False
    if phase.local:
        reporter.phase(phase)
    for command in phase.local:
        result = run_local_command(command, reporter)
        if result.code:
            outcome.hosts[HERE] = HostOutcome(HERE, "failed", phase.name, result, undone=False)
            return False
    return True


def run_local_command(command: LocalCommand, reporter: Reporter) -> Result:
    """Run one command to its end; its output is told line by line, and its last lines are kept.

    It is in a session of its own, so that Ctrl-C reaches it once, from here, and with everything that it started.
    """
    result = Result(command=command.command)
    process = subprocess.Popen(
        ["sh", "-c", command.command], cwd=command.folder, env={**os.environ, **command.env},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        start_new_session=True,
    )  # fmt: skip
    late = threading.Event()

    def end_late() -> None:
        late.set()
        _end(process)

    timer = threading.Timer(command.timeout, end_late)
    timer.start()
    try:
        assert process.stdout
        for line in process.stdout:
            result.hear(line.rstrip("\n"))
            reporter.line(HERE, line.rstrip("\n"))
        result.code = process.wait()
    finally:
        timer.cancel()
        if process.poll() is None:
            _end(process)
    if late.is_set():
        result.code, result.reason = 1, f"`{command.command}` was ended: it took longer than {command.timeout} s"
    elif result.code:
        result.reason = f"`{command.command}` failed with exit code {result.code}"
    return result


def _end(process: subprocess.Popen[str]) -> None:
    """End a command with all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
