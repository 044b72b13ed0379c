"""Tasks that bring a release to hosts: provision, deploy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from invoke import Context, Exit, task

from .assign_schedule_host import assign_schedules, rehearsal
from .common import (
    DRY,
    about,
    carry_out,
    connected,
    rehearse,
    release,
    selected,
    selected_with_processes,
    show_outcome,
    sites,
    templates_of,
)
from .deploy_notes import explained
from .follow_up import follow_up
from .plan import show_plan
from .provision_services import have_services, provision_services, rehearse_services

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from slipway.env.sources import Wanted
    from slipway.inventory import Inventory
    from slipway.model.outcome import Outcome
    from slipway.model.step import Target


@task(
    help={
        "ref": "Branch, tag or commit to deploy (default: what is checked out).",
        "dirty": "Ship uncommitted work too; the release is marked.",
        "strategy": "atomic, rolling or canary (default: app.strategy of the inventory).",
        "batch": "Hosts in a batch, or that go first: a number or a share such as 25% (default: app.batch).",
        "watch": "Seconds that a canary is watched (default: app.watch).",
        "ask": "After each batch but the last, ask whether to go on; a no reverts all hosts.",
        "skip-unreachable": "Go on without hosts that cannot be reached; exit code 3 then.",
        "allow-backwards": "Go on although what runs is not contained in the commit that comes, or not known here.",
        "wait": "Wait for another operation to end, instead of giving up.",
        "dry": DRY,
        "plan": "Show what would change, as `fab plan` does, and change nothing.",
        "again": "Make a new release even if every host serves the same already.",
        "force": "Do all work again, even if it provably changes nothing: venv, static files, migrations, checks.",
        "verbose": "Show each step and all output.",
    },
    auto_shortflags=False,
)
def deploy(
    c: Context,
    ref: str = "HEAD",
    dirty: bool = False,
    strategy: str = "",
    batch: str = "",
    watch: int = -1,
    ask: bool = False,
    skip_unreachable: bool = False,
    allow_backwards: bool = False,
    wait: bool = False,
    dry: bool = False,
    plan: bool = False,
    again: bool = False,
    force: bool = False,
    verbose: bool = False,
) -> None:
    """Bring a commit to all selected hosts, or to none.

    Examples: fab deploy --hosts=prod --ref=v1.4    fab deploy --strategy=canary --batch=1 --watch=60
    """
    if plan:
        show_plan(c, ref, dirty, verbose=verbose, as_json=False)
        return
    from msgspec.structs import replace

    from slipway.core.errors import UsageError
    from slipway.core.printable import clean
    from slipway.fleet.agent_options import deploying
    from slipway.model.hosts_to_targets import environments_of, sources_of
    from slipway.model.outcome import LEFT_OUT
    from slipway.model.run_local_build import built_here
    from slipway.model.switch_groups import chosen
    from slipway.operations.check_new_migrations import applied, back_across
    from slipway.operations.hooks import of_release
    from slipway.operations.once_commands_done import left_out
    from slipway.operations.prepare_deployment import Deployment

    if ask and not sys.stdin.isatty():
        raise UsageError("--ask needs somebody at a terminal", hint="Leave it out: --watch decides by itself.")
    inventory, hosts = selected(c)
    switching = chosen(hosts, strategy, batch, watch, ask)

    going = Deployment(
        hosts, sources_of(hosts, ref, dirty), environments_of(hosts), switching, templates_of(inventory),
        left_out=left_out(inventory.hosts.values(), hosts) if any(host.app.once for host in hosts) else (),
        force=force, again=again or force, named=ref != "HEAD", backwards=allow_backwards,
    )  # fmt: skip
    if dry:
        for command in dict.fromkeys(line for host in hosts for line in host.app.build.local):
            print(f"would run here, in a clean copy of the commit: {clean(command)}")
        made, parts = going.begin()
        made = replace(made, phases=(*made.phases, *rehearsal(inventory, hosts)))
        rehearse(made, hosts, parts, verbose=verbose)
        tell_what_lacks(parts, going.wanted)
        return
    with (
        built_here(hosts, going.sources, say_local) as sources,
        connected(hosts, deploying("deploy"), verbose=verbose, wait=wait) as fleet,
    ):
        going = replace(going, sources=sources)
        fleet.dial()
        missing = fleet.skip_unreachable() if skip_unreachable else []
        if missing:
            going = going.without(missing)
        outcome, made, parts = release(fleet, *going.begin(), going.begin)
        notes = assign_schedules(fleet, inventory, list(going.hosts), missing) if outcome.ok else {}
    for name, told in notes.items():
        outcome.hosts[name].notes += told
    note_forgotten_hosts(inventory, outcome)
    headings = explained(outcome, about(made, going.hosts, parts), going)
    if "migrate" in outcome.phases:
        came = applied(parts, {name: one.facts for name, one in outcome.hosts.items()})
        headings = replace(headings, migrated=came, undo=back_across(came) if outcome.ok else "")
    show_outcome(outcome, headings, verbose=verbose)
    if missing:
        say_who_was_left_out(missing)
    follow_up(going.hosts, outcome, headings, "success", of_release(parts[0]))
    if not outcome.ok or missing:
        raise Exit(code=LEFT_OUT if outcome.ok else outcome.code)


def say_local(command: str) -> None:
    """Say which build command runs on this machine; its own output follows."""
    from slipway.core.printable import clean

    print(f"here: {clean(command)}", flush=True)


def tell_what_lacks(targets: Sequence[Target], wanted: Mapping[str, Wanted]) -> None:
    """Say after a rehearsal which variables a deploy would demand; what hosts store is not known there."""
    from slipway.core.printable import clean
    from slipway.model.stored_overrides import NOTHING, environment
    from slipway.operations.required_variables import missing

    lacking = [one for target in targets for one in missing(target, environment(wanted[target.host.name], NOTHING))]
    generated = {name for each in wanted.values() for name in each.generate}
    names = [f"{one.name} ({one.where})" for one in dict.fromkeys(lacking) if one.name not in generated]
    if names:
        told = f"the inventory sets no {', no '.join(names)}; a deploy stops unless `fab env.set` has stored them"
        print(f"note: {clean(told)}", file=sys.stderr)


def say_who_was_left_out(missing: list[str]) -> None:
    """Say which hosts could not be reached, however the deploy went on the others."""
    names = ", ".join(missing)
    print(
        f"left out, since they could not be reached: {names}. They serve another release, if any.\n"
        f"  → Deploy again once they are back: fab deploy --hosts={','.join(missing)}",
        file=sys.stderr,
    )


def note_forgotten_hosts(inventory: Inventory, outcome: Outcome) -> None:
    """Say which hosts have been deployed to before and are no longer in the inventory, with the first that knows."""
    from slipway.model.forgotten_hosts import FACT, about, forgotten

    for host in outcome.hosts.values():
        if found := forgotten([host.facts.get(FACT, "")], inventory.hosts.values()):
            host.notes += [about(name) for name in found]
            return


@task(
    help={
        "restart-services": "Restart databases and caches for settings that they read only then.",
        "dry": DRY,
        "verbose": "Show each step and all output.",
    },
    auto_shortflags=False,
)
def provision(c: Context, restart_services: bool = False, dry: bool = False, verbose: bool = False) -> None:
    """Make hosts ready for deploys, as their admin, and the services of the app; a second run changes nothing.

    Examples: fab provision --hosts=prod    fab provision --hosts=prod --restart-services
    """
    from slipway.operations import plans

    inventory, hosts = selected_with_processes(c)
    made = plans.provision(sites(inventory, hosts))
    if dry:
        rehearse(made, hosts, verbose=verbose)
        if have_services(hosts):
            rehearse_services(inventory, hosts, restart=restart_services, verbose=verbose)
        return
    carry_out(made, hosts, root=True, verbose=verbose)
    if have_services(hosts) and (
        code := provision_services(inventory, hosts, restart=restart_services, verbose=verbose)
    ):
        raise Exit(code=code)
