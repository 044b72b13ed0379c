"""The task that goes back to an older release: rollback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke import Context, Exit, task

from .common import about, connected, selected, show_outcome
from .db import tell_of_backups
from .follow_up import follow_up

if TYPE_CHECKING:
    from slipway.model.rollback_target import Schema


@task(
    help={
        "to": "The release to go back to, or the beginning of its id or commit (default: the newest earlier good one).",
        "keep-schema": "Roll back although the database was migrated since, and leave the database as it is.",
        "migrate-back": "Unapply the migrations that came since, if all of them can be reversed.",
        "wait": "Wait for another operation to end, instead of giving up.",
        "verbose": "Show each step and all output.",
    },
    auto_shortflags=False,
)
def rollback(
    c: Context,
    to: str = "",
    keep_schema: bool = False,
    migrate_back: bool = False,
    wait: bool = False,
    verbose: bool = False,
) -> None:
    """Roll all selected hosts back to an earlier release, or none; nothing is rebuilt, nothing is deleted.

    Examples: fab rollback --hosts=prod    fab rollback --to=20261120-131502    fab rollback --migrate-back
    """
    from msgspec.structs import replace

    from slipway.core.errors import UsageError
    from slipway.fleet.agent_options import deploying
    from slipway.model.rollback_target import RollbackCandidates, choose, rollback_targets
    from slipway.operations import plans
    from slipway.operations.brought_back_by_rollback import describe, forward

    if keep_schema and migrate_back:
        raise UsageError("--keep-schema and --migrate-back exclude each other", hint="Leave one of them out.")
    schema: Schema = "keep" if keep_schema else "back" if migrate_back else "stop"
    _, hosts = selected(c)
    going, release = plans.look_for_candidates(hosts), ""
    with connected(hosts, deploying("rollback"), verbose=verbose, wait=wait) as fleet:
        outcome = fleet.run(going)
        if outcome.ok:
            by_host = {name: RollbackCandidates.of(host) for name, host in outcome.hosts.items()}
            release = choose(by_host, to)
            backs = rollback_targets(hosts, by_host, release, schema)
            going = plans.rollback(backs)
            outcome = fleet.run(going).after(outcome)
    shown = about(going, hosts, release=release)
    if outcome.ok:
        tell_of_backups({back.host: back.left for back in backs})
        shown = replace(shown, subject=describe(outcome, backs), undo=forward(backs))
    show_outcome(outcome, shown, verbose=verbose)
    follow_up(hosts, outcome, shown, "rollback", {"SLIPWAY_RELEASE": release})
    if not outcome.ok:
        raise Exit(code=outcome.code)
