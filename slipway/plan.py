"""What an operation is, whole, on one screen. Order lives here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from slipway.inventory import Host
from slipway.rollback import Return
from slipway.step import Later, Phase, Placed, Plan, Revise, Step, Target
from slipway.steps import (
    code,
    config,
    environment,
    fingerprint,
    journal,
    kept,
    migrate,
    oneoff,
    processes,
    record,
    shared,
    shelf,
    state,
    static,
    survey,
    tidy,
    unapply,
    undo,
    uploads,
    venv,
)
from slipway.strategy import Strategy
from slipway.target import layout_of

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
    known = {target.host.name: fingerprint.fingerprint(target) for target in targets}
    return Plan(
        targets[0].operation,
        phases(
            replace(survey_of(targets, known, again), revise=revise),
            later(
                "prepare", "Prepare the release", targets,
                undo.of_deploy, code.fetch, uploads.place, venv.build, environment.write, kept.write, shared.link,
                static.collect, config.write, partial(fingerprint.keep, known=known), venv.compiled, record.facts,
            ),
            phase("migrate", "Migrate", one_of_each_database(targets), migrate.run),
            phase("boot", "Boot and check", targets, processes.boot),
            *switching(targets, strategy),
            phase("commit", "Commit", targets, journal.close, now=True),
            phase(
                "finish", "Finish", targets,
                journal.settle, tidy.begin, processes.retire, tidy.prune, journal.forget, final=True,
            ),
        ),
        records={target.host.name: record.history(target, strategy.kind, skipped) for target in targets},
    )  # fmt: skip


def survey_of(targets: Sequence[Target], known: Mapping[str, str], again: bool) -> Phase:
    """Look at all hosts; that is all there is to do where everything is there already, unless it is wanted `again`."""
    settles = () if again else (partial(fingerprint.look, known=known),)
    look = phase("survey", "Look at the hosts", targets, survey.survey, *settles)
    return replace(look, settles=fingerprint.FACT if settles else "", early=True)


def shelves(hosts: Sequence[Host]) -> Plan:
    """Find out what each host has to return to."""
    steps = {host.name: (shelf.look(host, layout_of(host)),) for host in hosts}
    return Plan("rollback", (Phase("survey", "Look at the hosts", steps, early=True),))


def rollback(backs: Sequence[Return]) -> Plan:
    """Return to a release that every host still has: a health check and a rename, and nothing is rebuilt.

    Migrations are only taken back where that was asked for, and only when all of them can be.
    """
    unapplying = [back for back in backs if back.unapply]
    return Plan(
        "rollback",
        phases(
            phase("check-back", "Check that migrations can be taken back", unapplying, unapply.check),
            phase("boot", "Boot and check", backs, undo.of_rollback, processes.boot),
            phase("migrate-back", "Take migrations back", unapplying, unapply.run),
            phase(
                "switch", "Switch", backs,
                processes.activate, processes.verify, partial(processes.boot_workers, patient=False),
            ),
            phase("commit", "Commit", backs, journal.close, now=True),
            phase("finish", "Finish", backs, journal.settle, processes.retire, record.mark, journal.forget, final=True),
        ),
        records={back.host.name: shelf.history(back) for back in backs},
    )  # fmt: skip


def switching(places: Sequence[P], strategy: Strategy) -> Iterator[Phase]:
    """Switch batch after batch; each but the last is watched before the next."""
    batches = strategy.batches(places)
    for number, batch in enumerate(batches, 1):
        name, title = ("switch", "Switch") if len(batches) == 1 else (f"switch-{number}", f"Switch batch {number}")
        question = f"Go on with {', '.join(place.host.name for place in batch)}?" if strategy.ask and number > 1 else ""
        yield replace(
            phase(name, title, batch, processes.activate, processes.verify, processes.boot_workers), question=question
        )
        if number < len(batches):
            yield phase(
                f"watch-{number}", f"Watch batch {number}", batch, partial(processes.watch, seconds=strategy.pause)
            )


def provision(sites: Sequence[Site]) -> Plan:
    """Make each host ready for deploys, each for itself."""
    from slipway.provision import provision_steps  # of no use for deploys

    steps = {site.host.name: provision_steps(site) for site in sites}
    return Plan("provision", (Phase("provision", "Make the hosts ready", steps),), together=False)


def status(hosts: Sequence[Host]) -> Plan:
    """Look at every host, each for itself."""
    steps = {host.name: (state.look(host, layout_of(host)),) for host in hosts}
    return Plan("status", (Phase("look", "Look at the hosts", steps, early=True),), together=False)


def records(hosts: Sequence[Host], last: int = 0) -> Plan:
    """Read what every host remembers: its releases, and the last operations."""
    steps = {host.name: (record.look(host, layout_of(host), last),) for host in hosts}
    return Plan("records", (Phase("look", "Look at the hosts", steps, early=True),), together=False)


def one_off(hosts: Sequence[Host], order: oneoff.Order) -> Plan:
    """Run a command in the current release of every host, each for itself, and record it."""
    steps = {host.name: (oneoff.run(host, layout_of(host), order),) for host in hosts}
    records = {host.name: oneoff.history(layout_of(host), order) for host in hosts}
    return Plan("task", (Phase("task", "Run the task", steps),), together=False, records=records)


def tasks(hosts: Sequence[Host], last: int) -> Plan:
    """Read what every host remembers of one-off tasks."""
    steps = {host.name: (oneoff.look(layout_of(host), last),) for host in hosts}
    return Plan("tasks", (Phase("look", "Look at the tasks", steps, early=True),), together=False)


def task_output(hosts: Sequence[Host], id: str, follow: bool) -> Plan:
    """Read what a task says."""
    steps = {host.name: (oneoff.output(layout_of(host), id, follow),) for host in hosts}
    return Plan("tasks.logs", (Phase("look", "Read the output", steps),), together=False)


def task_stop(hosts: Sequence[Host], id: str, who: str) -> Plan:
    """End a task on every host where it runs."""
    steps = {host.name: (oneoff.stop(host, layout_of(host), id, who),) for host in hosts}
    return Plan("tasks.stop", (Phase("stop", "Stop the task", steps),), together=False)


def command(hosts: Sequence[Host], order: oneoff.Order) -> Plan:
    """Run a plain command on every host, each for itself."""
    steps = {host.name: (oneoff.plain(order),) for host in hosts}
    records = {host.name: oneoff.history(layout_of(host), order) for host in hosts}
    return Plan("exec", (Phase("exec", "Run the command", steps),), together=False, records=records)


def phases(*all: Phase) -> tuple[Phase, ...]:
    """The phases in which anything is to be done."""
    return tuple(phase for phase in all if phase.steps)


def phase(
    name: str, title: str, places: Sequence[P], *makes: Callable[[P], Step], final: bool = False, now: bool = False
) -> Phase:
    """Make a phase from the same steps on each host; a step with nothing to do there is left out."""
    steps = {place.host.name: steps_of(place, makes) for place in places}
    return Phase(name, title, {host: steps for host, steps in steps.items() if steps}, final, now=now)


def later(name: str, title: str, places: Sequence[P], *makes: Callable[[P], Step]) -> Phase:
    """Make a phase that has something to do on each host, and make its steps when they are needed."""
    return Phase(name, title, Later({place.host.name: partial(steps_of, place, makes) for place in places}))


def steps_of(place: P, makes: Sequence[Callable[[P], Step]]) -> tuple[Step, ...]:
    """Make the steps of one host."""
    return tuple(step for make in makes if (step := make(place)).script.text)


def one_of_each_database(targets: Sequence[Target]) -> list[Target]:
    """Where migrations run: on one host for the fleet; with SQLite, whose files each host has for itself, on each."""
    return [target for target in targets if target.leader or target.detected.sqlite]
