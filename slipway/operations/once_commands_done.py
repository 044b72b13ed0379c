"""Knows which commands of `app.once` have run in a fleet; where not all hosts are asked, nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from slipway.core.errors import SlipwayError
from slipway.inventory import Host
from slipway.inventory.hosts_of_same_fleet import fleets
from slipway.model.step import Facts, Target
from slipway.steps.once_in_app_life import read


def left_out(everybody: Iterable[Host], hosts: Sequence[Host]) -> tuple[str, ...]:
    """Hosts of the inventory in the same fleet as selected ones that are not selected themselves."""
    chosen = {host.name for host in hosts}
    groups = {host.name: [f"{host.app.name} {group}" for group in host.groups or [host.name]] for host in everybody}
    mates = [fleet for fleet in fleets(groups) if chosen & set(fleet)]
    return tuple(name for fleet in mates for name in fleet if name not in chosen)


def informed(targets: Sequence[Target], facts: Mapping[str, Facts], others: Sequence[str]) -> list[Target]:
    """The targets with what has run on other hosts.

    Args:
        others: hosts of the fleet that are not asked: unselected ones, and those that cannot be reached.

    Raises:
        SlipwayError: a command has run on none of these hosts, and may have run on another one.
    """
    ran = {target.host.name: read(facts.get(target.host.name, {})) for target in targets}
    made = []
    for target in targets:
        done = frozenset(
            name for other in targets if other.app.name == target.app.name for name in ran[other.host.name]
        )
        lacking = [name for name in target.app.once if name not in done]
        if lacking and others and target.leader and target.operation == "deploy" and not target.detected.sqlite:
            raise SlipwayError(
                f"app.once.{lacking[0]} has not run on {target.host.name}, and may have run on {', '.join(others)}, "
                "which this deploy leaves out",
                hint=f"Deploy to all of them together, once: fab deploy --hosts={','.join([*ran, *others])}",
            )
        known = done & frozenset(target.app.once)
        made.append(replace(target, once_done=known) if known - ran[target.host.name] else target)
    return made
