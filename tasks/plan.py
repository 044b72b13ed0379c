"""The task that shows what a deploy would change: plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from invoke import Context, Exit, task

from .common import selected, templates_of
from .status_and_history import AS_JSON, ask, complain, facts_by_host, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slipway.inventory import Host
    from slipway.model.outcome import Outcome

CHANGES = 2  # exit code where a deploy would change something, as terraform plan has it


@task(
    help={
        "ref": "Branch, tag or commit (default: what is checked out).",
        "dirty": "With uncommitted work too.",
        "verbose": "Show all commits, files and lines, not only the first.",
        "json": AS_JSON,
    },
    auto_shortflags=False,
)
def plan(c: Context, ref: str = "HEAD", dirty: bool = False, verbose: bool = False, json: bool = False) -> None:
    """Show what a deploy would change on the hosts, and change nothing.

    It compares code, packages, migrations, configuration, and the names of the environment.

    Exit code 0 if a deploy has nothing to do, 2 if it would change something, 1 if a host cannot be asked.

    Examples: fab plan --hosts=prod    fab plan --ref=v1.4 --verbose    fab plan --json | jq '.hosts[].code.migrations'
    """
    show_plan(c, ref, dirty, verbose=verbose, as_json=json)


def show_plan(c: Context, ref: str, dirty: bool, *, verbose: bool, as_json: bool) -> None:
    """Ask the hosts, compare, and show it; ends with the exit code of `fab plan`.

    Raises:
        SlipwayError: with code 1, whatever it is: 2 is the code of changes.
    """
    from slipway.core.errors import SlipwayError

    try:
        _show_plan(c, ref, dirty, verbose=verbose, as_json=as_json)
    except SlipwayError as error:
        raise SlipwayError(error.message, hint=error.hint) from None


def _show_plan(c: Context, ref: str, dirty: bool, *, verbose: bool, as_json: bool) -> None:
    from datetime import datetime, timezone

    from slipway.core.errors import SlipwayError
    from slipway.model.hosts_to_targets import environments_of, sources_of, targets
    from slipway.operations.planned_changes import compare, look
    from slipway.output.planned_changes import anything, planned_changes

    inventory, hosts = selected(c)
    wanted, templates = environments_of(hosts), templates_of(inventory)
    made = targets(hosts, sources_of(hosts, ref, dirty), wanted=wanted, templates=templates, operation="plan")
    outcome = ask(look(made), hosts)
    found, env, obstacles = compare(made, wanted, outcome, datetime.now(timezone.utc))
    drift, release = drift_of(outcome, hosts), made[0].release
    would_stop = [{"message": error.message, "hint": error.hint} for error in obstacles]
    data = {"changes": anything(found, env), "commit": release.commit, "hosts": found, "env": env, "drift": drift}
    commit = release.commit[:7] + ("-dirty" if release.dirty else "")

    def draw(**look: Any) -> list[str]:
        return planned_changes(found, env, drift, commit, verbose=verbose, **look) if found else []

    show({**data, "would_stop": would_stop}, draw, as_json)
    complain(outcome)
    if obstacles:
        raise SlipwayError(f"a deploy would stop: {obstacles[0].message}", hint=obstacles[0].hint)
    if data["changes"]:
        raise Exit(code=CHANGES)


def drift_of(outcome: Outcome, hosts: Sequence[Host]) -> dict[str, list[str]]:
    """By host, what `fab status` would say against it; nothing of a host that has no release yet."""
    from slipway.output.status import host_status

    apps = {host.name: host.app for host in hosts}
    states = {name: state for name, state in facts_by_host(outcome, "state").items() if state["current"]}
    rows = [host_status(name, state, apps[name]) for name, state in states.items()]
    return {row.host: [*row.troubles, *row.notes] for row in rows if row.troubles or row.notes}
