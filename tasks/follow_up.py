"""What follows an operation: hooks of the user's that come after it, and messages to people."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from invoke import Exit

if TYPE_CHECKING:
    from slipway.inventory import Host
    from slipway.inventory.notify import Event
    from slipway.model.outcome import Outcome
    from slipway.output.operation_words import Headings


def follow_up(
    hosts: Sequence[Host], outcome: Outcome, about: Headings, event: Event, release: Mapping[str, str]
) -> None:
    """Run the hooks after an operation, and send messages; nothing is done where it had nothing to do.

    Args:
        event: `success` or `rollback`; it counts as `failure` where it failed.
        release: the variables that tell of the release, see `slipway.operations.hooks`.

    Raises:
        Exit: a hook failed; what the operation did stays.
    """
    if outcome.settled or not any(host.app.hooks or host.app.notify for host in hosts):
        return
    done: Event = event if outcome.ok else "failure"
    failed = run_hooks(hosts, outcome, done, release)
    tell(hosts, outcome, about, done, release)
    if failed and outcome.ok:
        raise Exit(code=1)


def run_hooks(hosts: Sequence[Host], outcome: Outcome, event: Event, release: Mapping[str, str]) -> bool:
    """Run the hooks that come after such an event; whether one of them failed, which is said."""
    from slipway.core.printable import clean
    from slipway.fleet.run_local_command import run_local_command
    from slipway.operations.hooks import following
    from slipway.output.progress import Silent

    at = {"success": "after-deploy", "rollback": "after-rollback"}.get(event, "after-failure")
    told = {**release, "SLIPWAY_OUTCOME": outcome.verdict, "SLIPWAY_SECONDS": f"{outcome.seconds:.1f}"}
    failed = False
    for command in following(hosts, at, told):
        print(f"hook {at}: {clean(command.command)}", file=sys.stderr, flush=True)
        result = run_local_command(command, Silent())
        for line in result.output:
            print(f"  {clean(line)}", file=sys.stderr)
        if result.code:
            failed = True
            print(f"error: the hook {at}: {clean(result.reason)}\n  → The {outcome.operation} itself stays as it is. "
                  "Mend the command, and run it by hand.", file=sys.stderr)  # fmt: skip
    return failed


def tell(hosts: Sequence[Host], outcome: Outcome, about: Headings, event: Event, release: Mapping[str, str]) -> None:
    """Send a message to every place of `app.notify` that wants it."""
    places = [place for host in hosts for place in host.app.notify]
    if not places:
        return
    from slipway.core.printable import clean
    from slipway.notify.message import Message
    from slipway.notify.send import send
    from slipway.output.causes_with_hosts import causes, describe
    from slipway.output.colours import PLAIN
    from slipway.output.outcome_report import in_one_line

    app = hosts[0].app.name
    text = [line for cause in causes(outcome) for line in describe(cause, about, PLAIN)]
    details = {key.removeprefix("SLIPWAY_").lower(): value for key, value in release.items()}
    message = Message(
        event, app, outcome.operation, tuple(host.name for host in hosts),
        f"{app}: {in_one_line(outcome, about)}", "\n".join(text), details,
    )  # fmt: skip
    for trouble in send(message, places):
        print(f"note: {clean(trouble)}", file=sys.stderr)


def tell_of_status(hosts: Sequence[Host], troubles: Mapping[str, Sequence[str]], others: Sequence[str]) -> None:
    """Send a message that something is wrong.

    Args:
        troubles: what is wrong with the app, by host. others: what is wrong besides.
    """
    from slipway.core.printable import clean
    from slipway.notify.message import Message
    from slipway.notify.send import send

    app = hosts[0].app.name
    text = [*(f"{host}: {'; '.join(told)}" for host, told in troubles.items()), *others]
    title = f"{app}: not healthy on {', '.join(troubles) or 'a host'}"
    message = Message("status", app, "status", tuple(host.name for host in hosts), title, "\n".join(text))
    for trouble in send(message, [place for host in hosts for place in host.app.notify]):
        print(f"note: {clean(trouble)}", file=sys.stderr)
