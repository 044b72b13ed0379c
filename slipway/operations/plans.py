"""Defines the plans of deploy, rollback, provision, status, tasks and commands: their phases and steps, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from slipway.inventory import Host
from slipway.model.hosts_to_targets import layout_of
from slipway.model.rollback_target import RollbackTarget
from slipway.model.step import Phase, Placed, Plan, Revise, Step, Target
from slipway.model.switch_groups import Strategy
from slipway.operations import one_builder
from slipway.operations.hooks import with_hooks
from slipway.operations.same_steps_on_each_host import later, phase, phases, unless_done
from slipway.steps import (
    boot_and_switch,
    build_commands,
    config,
    env_file,
    fleet_members,
    history,
    how_to_revert,
    migrate,
    migrate_back,
    once_in_app_life,
    oneoff_tasks,
    operator_files,
    package_indexes,
    prune,
    push_code,
    release_fingerprint,
    report_status,
    revert_journal,
    rollback_candidates,
    services,
    shared_links,
    static,
    stored_overrides,
    survey,
    upload_built_files,
    venv,
    venv_of_another_host,
)

if TYPE_CHECKING:
    from slipway.provision import Site

P = TypeVar("P", bound=Placed)
ATOMIC = Strategy()


def deploy(
    targets: Sequence[Target], strategy: Strategy = ATOMIC, skipped: Sequence[str] = (), again: bool = True,
    revise: Revise | None = None,
) -> Plan:  # fmt: skip
    """Bring one release to all targets, or to none.

    Up to `commit` the journal on each host takes everything back; from there on the release stays.

    Args:
        skipped: hosts that belong to the fleet and could not be reached, for the history.
        again: make a new release even where every host serves the same already.
        revise: makes the plan anew from the settings that the hosts keep.
    """
    remember = partial(fleet_members.remember, hosts=[target.host for target in targets])
    builders = [target for target in targets if target.offers]
    known = {target.host.name: release_fingerprint.fingerprint(target) for target in targets}
    return Plan(
        targets[0].operation,
        with_hooks(targets, phases(
            replace(survey_of(targets, known, again), revise=revise),
            later("venv", "Build the venv for all", builders, *FIRST, venv.compiled),
            later(
                "prepare", "Prepare the release", targets,
                *map(unless_done, FIRST),
                build_commands.run, env_file.write, stored_overrides.write, operator_files.write, shared_links.link,
                static.collect, config.write, services.keep_places,
                partial(release_fingerprint.keep, known=known), unless_done(venv.compiled), history.facts,
            ),
            phase("migrate", "Migrate", one_of_each_database(targets), migrate.run, once_in_app_life.run),
            phase("boot", "Boot and check", targets, boot_and_switch.boot),
            *switching(targets, strategy),
            phase("commit", "Commit", targets, revert_journal.close, now=True),
            phase(
                "finish", "Finish", targets,
                revert_journal.mark_done, prune.begin, boot_and_switch.retire, remember, once_in_app_life.remember,
                prune.prune, revert_journal.forget, final=True,
            ),
        )),
        records={target.host.name: history.history(target, strategy.kind, skipped) for target in targets},
    )  # fmt: skip


# What it takes to make a venv.
FIRST: tuple[Callable[[Target], Step], ...] = (
    services.wait,
    how_to_revert.of_deploy,
    push_code.fetch,
    upload_built_files.place,
    package_indexes.receive,
    venv.build,
)


def survey_of(targets: Sequence[Target], known: Mapping[str, str], again: bool) -> Phase:
    """Look at all hosts; that is all there is to do where everything is there already, unless it is wanted `again`."""
    settles = () if again else (partial(release_fingerprint.look, known=known),)
    makes = (survey.survey, *([venv_of_another_host.report] if one_builder.wanted(targets) else []), *settles)
    look = phase("survey", "Look at the hosts", targets, *makes)
    return replace(look, settles=release_fingerprint.FACT if settles else "", early=True)


def look_for_candidates(hosts: Sequence[Host]) -> Plan:
    """Find out what each host has to return to."""
    steps = {host.name: (rollback_candidates.look(host, layout_of(host)),) for host in hosts}
    return Plan("rollback", (Phase("survey", "Look at the hosts", steps, early=True),))


def rollback(backs: Sequence[RollbackTarget]) -> Plan:
    """Roll back to a release that every host still has: a health check and a rename; nothing is rebuilt.

    Migrations are only taken back where that was asked for, and only when all of them can be.
    """
    migrating_back = [back for back in backs if back.migrate_back]
    return Plan(
        "rollback",
        phases(
            phase("check-back", "Check that migrations can be taken back", migrating_back, migrate_back.check),
            phase("boot", "Boot and check", backs, rollback_candidates.check, rollback_candidates.compare,
                  how_to_revert.of_rollback, boot_and_switch.boot),
            phase("migrate-back", "Take migrations back", migrating_back, migrate_back.run),
            phase(
                "switch", "Switch", backs,
                boot_and_switch.activate, boot_and_switch.verify, boot_workers_again,
                boot_and_switch.ask_health_command,
            ),
            phase("commit", "Commit", backs, revert_journal.close, now=True),
            phase(
                "finish", "Finish", backs,
                revert_journal.mark_done, boot_and_switch.retire, history.mark, revert_journal.forget, final=True,
            ),
        ),
        records={back.host.name: rollback_candidates.history(back) for back in backs},
    )  # fmt: skip


def switching(places: Sequence[P], strategy: Strategy) -> Iterator[Phase]:
    """Switch batch after batch; each but the last is watched before the next."""
    batches = strategy.batches(places)
    for number, batch in enumerate(batches, 1):
        name, title = ("switch", "Switch") if len(batches) == 1 else (f"switch-{number}", f"Switch batch {number}")
        question = f"Go on with {', '.join(place.host.name for place in batch)}?" if strategy.ask and number > 1 else ""
        yield replace(
            phase(
                name, title, batch,
                boot_and_switch.activate, boot_and_switch.verify, boot_and_switch.boot_workers,
                boot_and_switch.ask_health_command,
            ),
            question=question,
        )  # fmt: skip
        if number < len(batches):
            yield phase(
                f"watch-{number}",
                f"Watch batch {number}",
                batch,
                partial(boot_and_switch.watch, seconds=strategy.pause),
            )


def boot_workers_again(back: RollbackTarget) -> Step:
    """Start the workers of an older release; they are waited for only where nothing else proves that it runs."""
    return boot_and_switch.boot_workers(back, patient=not back.app.web)


def provision(sites: Sequence[Site]) -> Plan:
    """Make each host ready for deploys, each for itself."""
    from slipway.provision import certificate_steps, provision_steps  # of no use for deploys

    steps = {site.host.name: provision_steps(site) for site in sites}
    certificates = {site.host.name: ordered for site in sites if (ordered := certificate_steps(site))}
    records = {site.host.name: history.failed_provision(site.host, site.layout, site.who, site.when) for site in sites}
    all = phases(
        Phase("provision", "Make the hosts ready", steps), Phase("certificates", "Order certificates", certificates)
    )
    return Plan("provision", all, together=False, records=records)


def status(hosts: Sequence[Host], templates: Path | None = None) -> Plan:
    """Look at every host, each for itself.

    Args:
        templates: the user's own, to tell where nginx's site differs from them.
    """
    steps = {host.name: (report_status.look(host, layout_of(host), templates),) for host in hosts}
    return Plan("status", (Phase("look", "Look at the hosts", steps, early=True),), together=False)


def records(hosts: Sequence[Host], last: int = 0) -> Plan:
    """Read what every host remembers: its releases, and the last operations."""
    steps = {host.name: (history.look(host, layout_of(host), last),) for host in hosts}
    return Plan("records", (Phase("look", "Look at the hosts", steps, early=True),), together=False)


def one_off(hosts: Sequence[Host], order: oneoff_tasks.OneOffCommand) -> Plan:
    """Run a command in the current release of every host, each for itself, and record it."""
    steps = {host.name: (oneoff_tasks.run(host, layout_of(host), order),) for host in hosts}
    records = {host.name: oneoff_tasks.history(layout_of(host), order) for host in hosts}
    return Plan("task", (Phase("task", "Run the task", steps),), together=False, records=records)


def tasks(hosts: Sequence[Host], last: int) -> Plan:
    """Read what every host remembers of one-off tasks."""
    steps = {host.name: (oneoff_tasks.look(layout_of(host), last),) for host in hosts}
    return Plan("tasks", (Phase("look", "Look at the tasks", steps, early=True),), together=False)


def task_output(hosts: Sequence[Host], id: str, follow: bool) -> Plan:
    """Read the output of a task."""
    steps = {host.name: (oneoff_tasks.output(layout_of(host), id, follow),) for host in hosts}
    return Plan("tasks.logs", (Phase("look", "Read the output", steps),), together=False)


def task_stop(hosts: Sequence[Host], id: str, who: str) -> Plan:
    """End a task on every host where it runs."""
    steps = {host.name: (oneoff_tasks.stop(host, layout_of(host), id, who),) for host in hosts}
    return Plan("tasks.stop", (Phase("stop", "Stop the task", steps),), together=False)


def command(hosts: Sequence[Host], order: oneoff_tasks.OneOffCommand) -> Plan:
    """Run a plain command on every host, each for itself."""
    steps = {host.name: (oneoff_tasks.plain(order),) for host in hosts}
    records = {host.name: oneoff_tasks.history(layout_of(host), order) for host in hosts}
    return Plan("exec", (Phase("exec", "Run the command", steps),), together=False, records=records)


def one_of_each_database(targets: Sequence[Target]) -> list[Target]:
    """Where migrations run: on one host for the fleet; with SQLite, whose files each host has for itself, on each."""
    return [target for target in targets if target.leader or target.detected.sqlite]
