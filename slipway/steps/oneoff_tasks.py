"""Runs the commands that a user types: one-off tasks in the current release, and plain commands on a host."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone

from msgspec import Struct

from slipway.core.mask_command import mask_command
from slipway.core.shell import Script, sh
from slipway.inventory import Host
from slipway.model.layout import Layout
from slipway.model.step import Record, Step
from slipway.steps.common import NOT_YET, as_user_of, from_app, remote
from slipway.steps.revert_journal import BY_ITSELF
from slipway.steps.run_as_recorded_task import supervised

GRACE = 10  # seconds that a task has between TERM and KILL

# The outcome is the command's own exit code, and what failed is the user's business.
_PASS_ON = Script('exit "$code"')


class OneOffCommand(Struct, frozen=True):
    """What somebody wants to be run.

    Attributes:
        command: for `sh`; records have it as `recorded` has it, without what looks like a secret.
        timeout: seconds after which it is ended; 0 for no limit.
        detach: whether nobody waits for it.
    """

    command: str
    who: str
    when: datetime
    id: str = ""
    name: str = ""
    timeout: float = 0
    detach: bool = False

    @property
    def recorded(self) -> str:
        return mask_command(self.command)


def task_id(when: datetime, name: str, tail: str) -> str:
    """Name a task by its start, in UTC, so that names sort by age; `tail` tells it from others of that second."""
    word = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40].rstrip("-")
    stamp = when.astimezone(timezone.utc).strftime("%Y%m%d-%H%M%S")
    return "-".join(part for part in (stamp, word, tail) if part)


def run(host: Host, layout: Layout, order: OneOffCommand) -> Step:
    """Run a command in the current release, as the app's user; report its id as the fact `task` if it is detached."""
    about = {"id": order.id, "name": order.name, "command": order.recorded, "who": order.who, "detached": order.detach}
    options = {
        "about": about,
        "argv": ["sh", "-c", order.command],
        "base": str(layout.base),
        "folder": str(layout.tasks / order.id),
        "timeout": order.timeout or None,
        "detach": order.detach,
    }
    script = sh(
        """
[[ -d {{tasks}} ]] || fail {{not_yet}}
{{lost}}
{{run}}
{{ended}}
{{pass}}""",
        **{"pass": _PASS_ON},
        tasks=layout.tasks,
        lost=Script("") if order.detach else _when_lost(layout, order),
        ended=Script("") if order.detach else Script("if ((code)); then when_lost failed; else when_lost ok; fi"),
        not_yet=f"the host is not provisioned for {host.app.name}. {NOT_YET}",
        run=supervised(as_user_of(host), options),
    )
    return Step("task", order.recorded, script)


def _when_lost(layout: Layout, order: OneOffCommand) -> Script:
    """Write down what the agent does if the client is lost, who else would write the history."""
    line = json.dumps({**history(layout, order).facts, "by": BY_ITSELF}, sort_keys=True)
    return sh(
        """
when_lost() { # OUTCOME; a full disk must not keep a task from running
  if printf '%s\\n' "outcome=$1" {{rest}} > {{lost}}.new; then mv -f {{lost}}.new {{lost}}; else rm -f {{lost}}.new; fi
}
when_lost interrupted""",
        rest=sh(
            """
printf '%s, "outcome": "%s"}\\n' {{line}} "$outcome" >> {{history}}
rm -f "$0\"""",
            line=line[:-1],
            history=layout.history,
        ).text,
        lost=layout.lost(order.id),
    )


def plain(order: OneOffCommand) -> Step:
    """Run a command as the login user, in its home folder; nothing of it is kept but the line in the history."""
    options = {"argv": ["sh", "-c", order.command], "timeout": order.timeout or None}
    return Step("exec", order.recorded, supervised(Script("env"), options) + _PASS_ON)


def history(layout: Layout, order: OneOffCommand) -> Record:
    """The history line of a command."""
    facts = {
        "operation": "task" if order.id else "exec",
        "who": order.who,
        "when": order.when.isoformat(timespec="seconds"),
        "command": order.recorded,
        "message": order.recorded,
    }
    if not order.id:
        return Record(layout.history, facts)
    instead = None if order.detach else layout.lost(order.id)
    return Record(layout.history, {**facts, "id": order.id, "detached": order.detach}, instead)


def look(layout: Layout, last: int) -> Step:
    """Report the fact `tasks`, see `slipway.remote.tasks.list`."""
    return Step("tasks", "read the records", remote("tasks.list", {"tasks": str(layout.tasks), "last": last}))


def output(layout: Layout, id: str, follow: bool) -> Step:
    """Print the output of a task so far, or until it ends."""
    return Step(
        "output", "read its output", remote("tasks.output", {"folder": str(layout.tasks / id), "follow": follow})
    )


def stop(host: Host, layout: Layout, id: str, who: str) -> Step:
    """End a task; report the fact `stopped`, see `slipway.remote.tasks.stop`."""
    options = {"folder": str(layout.tasks / id), "who": who, "grace": GRACE}
    interpreter = sh("{{user}} python3 -I", user=as_user_of(host))
    return Step("stop", "stop the task", from_app(interpreter, "tasks.stop", options, stopped="word"))
