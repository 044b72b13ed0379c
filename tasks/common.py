"""What the tasks share: selecting hosts, running a plan on them, showing the outcome."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING

from invoke import Context, Exit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from slipway.fleet.agent_session import AgentOptions
    from slipway.fleet.reporter import Reporter
    from slipway.fleet.run_plan import Fleet
    from slipway.inventory import Host, Inventory
    from slipway.model.outcome import Outcome
    from slipway.model.step import Plan, Target
    from slipway.output.operation_words import Headings
    from slipway.provision import Site

DRY = "Print the plan and every script, and contact nobody."
NAMES = 4  # names that a release tries, a second apart, before it is given up


def selected(c: Context) -> tuple[Inventory, list[Host]]:
    """The inventory, and the hosts that `--hosts` names in it, or its default group."""
    from slipway.inventory import load

    given = c.config["slipway"]
    inventory = load().with_login(given["identity"], given["ssh_config"])
    return inventory, inventory.select(given["hosts"])


def selected_with_processes(c: Context) -> tuple[Inventory, list[Host]]:
    """The same, where the app of each host also has the processes that its checked out Procfile declares."""
    from slipway.model.add_procfile_processes import with_committed

    inventory, hosts = selected(c)
    return inventory, with_committed(hosts)


def templates_of(inventory: Inventory) -> Path | None:
    """The user's own templates, beside inventory.toml."""
    folder = inventory.folder / "templates"
    return folder if folder.is_dir() else None


def sites(inventory: Inventory, hosts: list[Host]) -> list[Site]:
    """What provision needs to know of each host."""
    from datetime import datetime, timezone

    from slipway.model.hosts_to_targets import layout_of, who
    from slipway.provision import Site
    from slipway.provision.find_public_keys import public_keys

    templates = templates_of(inventory)
    when = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return [Site(host, host.app, layout_of(host), public_keys(host), templates, who(), when) for host in hosts]


def about(plan: Plan, hosts: Sequence[Host], targets: Sequence[Target] = (), release: str = "") -> Headings:
    """A plan by the names that people know: of its release, of the commit, of the sites."""
    from slipway.output.operation_words import Headings

    visited = [host for host in hosts if host.app.web]
    urls = {host.name: host.url + (f" ({host.not_forwarded})" if host.not_forwarded else "") for host in visited}
    silenced = {host.name: host.app.silence for host in hosts}
    new = targets[0].release if targets else None
    if new:
        return Headings(plan, new.id, new.subject, urls, silenced, new.commit)
    return Headings(plan, release, urls=urls, silenced=silenced)


def carry_out(
    plan: Plan, hosts: list[Host], targets: Sequence[Target] = (), *, root: bool = False, verbose: bool = False
) -> None:
    """Run a plan, show its outcome, and end with its exit code if anything failed.

    Args:
        targets: what the plan was made from, if it is about a release.
    """

    conclude(run(plan, hosts, root=root, verbose=verbose), about(plan, hosts, targets), verbose=verbose)


def conclude(outcome: Outcome, about: Headings, *, verbose: bool = False) -> None:
    """Show an outcome, and end with its exit code if anything failed."""
    show_outcome(outcome, about, verbose=verbose)
    if not outcome.ok:
        raise Exit(code=outcome.code)


def show_outcome(outcome: Outcome, about: Headings, *, verbose: bool = False) -> None:
    """Show an outcome: on standard output if all went well, else on standard error."""
    from slipway.output.outcome_report import report
    from slipway.output.terminal import terminal

    to = terminal(sys.stdout if outcome.ok else sys.stderr)
    to.print(report(outcome, about, style=to.style, verbose=verbose, columns=to.columns))


def rehearse(plan: Plan, hosts: Sequence[Host], targets: Sequence[Target] = (), *, verbose: bool = False) -> None:
    """Show what would run, for `--dry`."""
    from slipway.output.dry_run import show

    show(about(plan, hosts, targets), verbose=verbose)


def release(
    fleet: Fleet, plan: Plan, targets: Sequence[Target], again: Callable[[], tuple[Plan | None, Sequence[Target]]]
) -> tuple[Outcome, Plan, Sequence[Target]]:
    """Run a plan that makes a release, under another name where hosts have one of that name from the same second.

    Args:
        targets: what the plan is made from.
        again: makes both once more, as of now.

    Returns:
        The outcome, and the plan and targets that it is of.

    Raises:
        Taken: there was one of each name for some seconds.
    """
    import time

    from slipway.model.release import Taken

    for _ in range(NAMES):
        with suppress(Taken):
            return fleet.run(plan), plan, targets
        time.sleep(1)
        made, targets = again()
        plan = made or plan
    return fleet.run(plan), plan, targets


def run(plan: Plan, hosts: list[Host], *, root: bool = False, verbose: bool = False) -> Outcome:
    """Run a plan on the hosts with progress on the terminal."""
    from slipway.fleet.agent_options import deploying, provisioning

    with connected(hosts, (provisioning if root else deploying)(plan.operation), verbose=verbose) as fleet:
        return fleet.run(plan)


@contextmanager
def connected(
    hosts: list[Host],
    agent_options: Callable[[Host], AgentOptions],
    *,
    verbose: bool = False,
    quiet: bool = False,
    wait: bool = False,
) -> Iterator[Fleet]:
    """A fleet that shows its progress unless it is `quiet`, and that SIGTERM stops as cleanly as Ctrl-C does.

    Args:
        wait: whether to wait where another operation holds the lock.
    """
    import signal

    from slipway.fleet.run_plan import Fleet
    from slipway.output.progress import progress, silence

    shown: AbstractContextManager[Reporter] = (
        silence() if quiet else progress([host.name for host in hosts], verbose=verbose)
    )
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with shown as reporter, Fleet(hosts, agent_options, reporter, wait=wait) as fleet:
            yield fleet
    finally:
        signal.signal(signal.SIGTERM, before)
