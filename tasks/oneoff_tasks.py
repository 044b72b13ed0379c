"""Tasks about one-off tasks that `fab run` started: tasks, tasks.logs, tasks.stop."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from invoke import Collection, Context, Exit, task

from slipway.core.printable import clean

from .common import selected
from .run import finish, watch
from .status_and_history import AS_JSON, ask, complain, facts_by_host, show

if TYPE_CHECKING:
    from slipway.inventory import Host

ID = "The task's id, or a part of it that no other task has."
ALL = 1000  # records


@task(
    name="list", default=True, help={"json": AS_JSON, "last": "How many of each host to show."}, auto_shortflags=False
)
def listing(c: Context, last: int = 20, json: bool = False) -> None:
    """List one-off tasks and migrations, newest first: state, exit code, duration, who, command.

    Example: fab tasks --hosts=prod --json
    """
    from slipway.operations import plans
    from slipway.output.oneoff_tasks import tasks_table

    _, hosts = selected(c)
    outcome = ask(plans.tasks(hosts, last), hosts)
    found = facts_by_host(outcome, "tasks")
    show({"hosts": found}, lambda **look: tasks_table(found, **look), json)
    complain(outcome)


@task(help={"id": ID, "follow": "Go on until the task has ended."}, auto_shortflags=False)
def logs(c: Context, id: str = "", follow: bool = False) -> None:
    """Show the output of a one-off task.

    Example: fab tasks.logs --id=20261120-131502-import-1f3a --follow
    """
    from slipway.operations import plans

    _, hosts = selected(c)
    whole, having = where(hosts, id)
    finish(watch(plans.task_output(having, whole, follow), having), quiet=True)


@task(help={"id": ID}, auto_shortflags=False)
def stop(c: Context, id: str = "") -> None:
    """Stop a one-off task and everything that it started, on every selected host that runs it.

    Example: fab tasks.stop --id=20261120-131502-import-1f3a
    """
    from slipway.model.hosts_to_targets import who
    from slipway.operations import plans

    _, hosts = selected(c)
    whole, having = where(hosts, id)
    outcome = ask(plans.task_stop(having, whole, who()), having)
    for name, host in outcome.hosts.items():
        if "stopped" in host.facts:
            print(f"{name}: {clean(host.facts['stopped'])}")
    complain(outcome)
    if any(host.facts.get("stopped") == "running" for host in outcome.hosts.values()):
        raise Exit("some of it would not end", code=1)


def where(hosts: list[Host], id: str) -> tuple[str, list[Host]]:
    """The whole id of a task, and the hosts that have it.

    Raises:
        UsageError: there is none, or there are several.
    """
    from slipway.core.errors import UsageError
    from slipway.operations import plans
    from slipway.operations.parse_typed_command import matching

    if not id:
        raise UsageError("which task? --id is missing", hint="`fab tasks` lists them.")
    outcome = ask(plans.tasks(hosts, ALL), hosts)
    known: dict[str, list[dict[str, Any]]] = facts_by_host(outcome, "tasks")
    if not known:
        complain(outcome)
    for name, host in outcome.hosts.items():
        if host.state != "ok":
            print(f"warning: {name} could not be asked", file=sys.stderr)
    whole = matching(id, {task["id"] for some in known.values() for task in some})
    return whole, [host for host in hosts if any(task["id"] == whole for task in known.get(host.name, []))]


ns = Collection("tasks", listing, logs, stop)
