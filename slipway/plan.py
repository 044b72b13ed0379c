"""What an operation is, whole, on one screen. Order lives here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from slipway.inventory import Host
from slipway.provision import Site, provision_steps
from slipway.step import Phase, Plan, Step, Target
from slipway.steps import (
    code,
    config,
    environment,
    journal,
    migrate,
    record,
    shared,
    state,
    static,
    survey,
    switch,
    tidy,
    venv,
    web,
)
from slipway.target import layout_of

Make = Callable[[Target], Step]


def deploy(targets: Sequence[Target]) -> Plan:
    """Bring one release to all targets, or to none.

    Up to `commit` the journal on each host takes everything back; from there on the release stays.
    """
    return Plan(
        "deploy",
        (
            phase("survey", "Look at the hosts", targets, survey.survey),
            phase(
                "prepare", "Prepare the release", targets,
                journal.open_journal, code.fetch, venv.build, environment.write, shared.link, static.collect,
                config.write, record.facts,
            ),
            phase("migrate", "Migrate", one_of_each_database(targets), migrate.run),
            phase("boot", "Boot and check", targets, web.boot),
            phase("switch", "Switch", targets, switch.activate, switch.verify, web.boot_workers),
            phase("commit", "Commit", targets, journal.close_journal),
            phase("finish", "Finish", targets, tidy.retire, tidy.prune, record.history, final=True),
        ),
    )  # fmt: skip


def provision(sites: Sequence[Site]) -> Plan:
    """Make each host ready for deploys, each for itself."""
    steps = {site.host.name: provision_steps(site) for site in sites}
    return Plan("provision", (Phase("provision", "Make the hosts ready", steps),), together=False)


def status(hosts: Sequence[Host]) -> Plan:
    """Look at every host, each for itself."""
    steps = {host.name: (state.look(host, layout_of(host)),) for host in hosts}
    return Plan("status", (Phase("look", "Look at the hosts", steps),), together=False)


def phase(name: str, title: str, targets: Sequence[Target], *makes: Make, final: bool = False) -> Phase:
    """Make a phase from the same steps on each target; a step with nothing to do there is left out."""
    steps = {
        target.host.name: tuple(step for make in makes if (step := make(target)).script.text) for target in targets
    }
    return Phase(name, title, {host: steps for host, steps in steps.items() if steps}, final)


def one_of_each_database(targets: Sequence[Target]) -> list[Target]:
    """Where migrations run: on one host for the fleet; with SQLite, whose files each host has for itself, on each."""
    return [target for target in targets if target.leader or target.detected.sqlite]
