"""Tasks that run commands on hosts: run, exec."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from invoke import Context, Exit, task

from slipway.core.printable import clean

from . import shells
from .common import DRY, rehearse, selected
from .status_and_history import tell_hints

if TYPE_CHECKING:
    from slipway.inventory import Host
    from slipway.model.outcome import HostOutcome, Outcome
    from slipway.model.step import Plan
    from slipway.output.command_output import Stream

TIMEOUT = "End it after so long, such as 90, 10m or 2h; the exit code is 124 then."


@task(
    help={
        "command": "A line for sh; the same as the words COMMAND: 'python manage.py check'.",
        "name": "What the task is called in `fab tasks` (default: the command's first words).",
        "all": "Run it on all selected hosts, instead of the first of them.",
        "on": "host: run a plain command on every selected host instead, as `fab exec` does.",
        "detach": "Print the task's id and return; the task goes on without the connection.",
        "timeout": TIMEOUT,
        "tty": "Give the command your terminal if there is one (default); --no-tty makes it a task with a record.",
        "dry": DRY,
    },
    auto_shortflags=False,
)
def run(
    c: Context,
    command: str = "",
    name: str = "",
    all: bool = False,
    on: str = "",
    detach: bool = False,
    timeout: str = "",
    tty: bool = True,
    dry: bool = False,
) -> None:
    """Run a command in the current release, with its venv and environment, as the app's user.

    Examples: fab run python manage.py createsuperuser    fab run --detach --timeout=2h python import.py
    """
    from slipway.core.errors import UsageError
    from slipway.operations import plans
    from slipway.operations.parse_typed_command import order
    from slipway.operations.shells import command as command_at_terminal

    if on not in ("", "host", "release"):
        raise UsageError(f"--on={on} is neither host nor release", hint="Write --on=host or --on=release.")
    if on == "host" and (detach or name):
        hint = "Leave them out, or leave --on=host out: then it is a task of the app's."
        raise UsageError("--on=host runs a plain command: it has no --name and cannot --detach", hint=hint)
    if on == "host":
        execute(c, command, timeout, dry)
        return
    _, hosts = selected(c)
    hosts = hosts if all else hosts[:1]
    ordered = order(command, name=name, timeout=timeout, detach=detach)
    if tty and not (dry or detach or timeout or name or len(hosts) > 1) and shells.tty():
        shells.hand_over(hosts[0], command_at_terminal(hosts[0], ordered))
        return
    made = plans.one_off(hosts, ordered)
    if dry:
        rehearse(made, hosts)
        return
    say(f"task {ordered.id} on {', '.join(host.name for host in hosts)}")
    outcome = watch(made, hosts, ordered.id)
    if detach and outcome.ok:
        print(ordered.id)
        say(f"it goes on by itself: `fab tasks.logs --id={ordered.id} --follow`, `fab tasks.stop --id={ordered.id}`")
        return
    finish(outcome)


@task(
    name="exec",
    help={"command": "A line for sh; the same as the words COMMAND.", "timeout": TIMEOUT, "dry": DRY},
    auto_shortflags=False,
)
def execute(c: Context, command: str = "", timeout: str = "", dry: bool = False) -> None:
    """Run a plain command on every selected host, as the login user, and show every exit code.

    Examples: fab exec --hosts=prod uptime    fab exec --hosts=prod "df -h /srv | tail -1"
    """
    from slipway.operations import plans
    from slipway.operations.parse_typed_command import order

    _, hosts = selected(c)
    made = plans.command(hosts, order(command, timeout=timeout, recorded=False))
    if dry:
        rehearse(made, hosts)
        return
    finish(watch(made, hosts), always=True)


def watch(plan: Plan, hosts: list[Host], task: str = "") -> Outcome:
    """Run a plan and pass on what it says; exit code 141 if nobody reads it any more.

    Args:
        task: id of the task that the plan is, for hosts that lose us.
    """
    import signal

    from slipway.fleet.agent_options import looking, running
    from slipway.fleet.run_plan import Fleet

    shown = stream(hosts)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Fleet(hosts, running(task) if task else looking, shown) as fleet:
            outcome = fleet.run(plan)
    finally:
        signal.signal(signal.SIGTERM, before)
    if shown.broken:
        from slipway.core.broken_pipe import BROKEN_PIPE, reader_is_gone

        reader_is_gone()
        raise Exit(code=BROKEN_PIPE)
    return outcome


def stream(hosts: list[Host]) -> Stream:
    from slipway.output.command_output import Stream
    from slipway.output.terminal import terminal

    return Stream([host.name for host in hosts], terminal(sys.stdout))


def finish(outcome: Outcome, always: bool = False, quiet: bool = False) -> None:
    """Say how it ended on each host, and end with the exit code of the command.

    Args:
        always: say it also where there is one host, and all is well.
        quiet: say only what went wrong.
    """
    hosts = list(outcome.hosts.values())
    for host in hosts:
        several = len(hosts) > 1 and not (quiet and host.state == "ok")
        if always or several or host.message or (host.result and host.result.reason):
            say(f"{host.host}: {ending(host)}")
    tell_hints(outcome)
    if always or (len(hosts) > 1 and not quiet):
        well = sum(host.state == "ok" for host in hosts)
        say(f"ok on {well} of {len(hosts)}{' hosts' if len(hosts) > 1 else ' host'}")
    if not outcome.ok:
        raise Exit(code=exit_code(outcome))


def ending(host: HostOutcome) -> str:
    """How a command ended on a host."""
    if host.state == "ok":
        return "exit code 0"
    if host.message or host.state == "interrupted" or not host.result or host.result.reason:
        return host.why
    return f"exit code {host.result.code}"


def exit_code(outcome: Outcome) -> int:
    """The exit code of the command, if it is the same wherever it failed; else 1; 130 after Ctrl-C."""
    if outcome.interrupted:
        return outcome.code
    codes = {host.result.code if host.result else 1 for host in outcome.hosts.values() if host.state != "ok"}
    return codes.pop() if len(codes) == 1 else 1


def say(text: str) -> None:
    """Tell a person something, and leave standard output to the command."""
    sys.stdout.flush()
    print(clean(text), file=sys.stderr, flush=True)
