"""Compares the environment of the running release with the inventory: by name, never by value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from msgspec import Struct

from slipway.env.dotenv import Secret
from slipway.env.sources import Source, Wanted, outline
from slipway.inventory import Host
from slipway.model.stored_overrides import Overrides, environment
from slipway.source.git import GitError, git

from .current_settings import CurrentSettings
from .prepare_deployment import fleets_of


class Variable(NamedTuple):
    """One name on one host.

    Attributes:
        origin: where it comes from, in a few words. state: how it differs from the inventory; "" if it does not.
        runs: whether the current release has it. who, when: by whom and when it was set or generated, ISO 8601.
    """

    name: str
    origin: str
    state: str = ""
    runs: bool = True
    who: str = ""
    when: str = ""


class Difference(Struct, frozen=True):
    """A name that is not the same everywhere.

    Attributes:
        change: `added`, `changed` or `removed` by the next deploy; `differs` between hosts.
        hosts: where; for `differs`, those that have the same value are one text, by comma.
    """

    name: str
    change: str
    hosts: tuple[str, ...]


def variables(served: CurrentSettings, sources: Sequence[Source], required: Sequence[str]) -> list[Variable]:
    """Every name that a host has, or that it would have after a deploy; no command is run for that."""
    wanted, whole = outline(sources, required)
    names = {*served.environment, *wanted.origins, *served.overrides.env, *required}
    return [_variable(name, served, wanted, whole) for name in sorted(names)]


def _variable(name: str, served: CurrentSettings, wanted: Wanted, whole: Sequence[str]) -> Variable:
    overrides, runs = served.overrides, name in served.environment
    origin = wanted.origins.get(name, "")
    if name in overrides.env:
        entry = overrides.env[name]
        over = f"overrules {origin}" if origin else ""
        if entry.value is None:
            return Variable(name, "env.unset", over, runs, entry.who, entry.when)
        return Variable(name, "env.set", over, runs, entry.who, entry.when)
    if name in wanted.generate and name in overrides.generated:
        made = overrides.generated[name]
        return Variable(name, origin, "" if runs else "not deployed yet", runs, made.who, made.when)
    if not origin:
        state = "" if whole else "no longer in the inventory" if runs else "required, and missing"
        return Variable(name, " or ".join(whole) if runs else "", state, runs)
    if not runs:
        return Variable(name, origin, "not deployed yet", runs)
    changed = name in wanted.values and wanted.values[name] != served.environment[name]
    return Variable(name, origin, "changed in the inventory, not deployed yet" if changed else "", runs)


def differences(
    hosts: Sequence[Host],
    found: Mapping[str, CurrentSettings],
    wanted: Mapping[str, Wanted],
    overrides: Mapping[str, Overrides],
) -> list[Difference]:
    """What a deploy would change on each host, and where hosts differ that should not.

    Args:
        found: what runs. wanted: what this machine gives. kept: what each host will keep.
    """
    then = {host.name: environment(wanted[host.name], overrides[host.name]) for host in hosts}
    rows: dict[tuple[str, str], list[str]] = {}
    for host in hosts:
        for name, change in changed(found[host.name].environment, then[host.name]).items():
            rows.setdefault((name, change), []).append(host.name)
    told = [Difference(name, change, tuple(names)) for (name, change), names in rows.items()]
    for fleet in fleets_of(hosts):
        told += _between(fleet, {name: found[name].environment for name in fleet}, then)
    return sorted(told, key=lambda one: (one.name, one.change))


def changed(before: Mapping[str, Secret], after: Mapping[str, Secret]) -> dict[str, str]:
    """Names that are added, changed or removed."""
    said = {name: "added" for name in after if name not in before}
    said |= {name: "removed" for name in before if name not in after}
    return said | {name: "changed" for name in after if name in before and before[name] != after[name]}


def _between(
    fleet: Sequence[str], now: Mapping[str, Mapping[str, Secret]], then: Mapping[str, Mapping[str, Secret]]
) -> list[Difference]:
    """Names with different values within a fleet, unless the inventory wants just that."""
    found = []
    for name in sorted({name for host in fleet for name in now[host]}):
        groups = _groups(fleet, {host: now[host].get(name) for host in fleet})
        if len(groups) > 1 and groups != _groups(fleet, {host: then[host].get(name) for host in fleet}):
            found.append(Difference(name, "differs", tuple(", ".join(group) for group in groups)))
    return found


def _groups(fleet: Sequence[str], values: Mapping[str, Secret | None]) -> list[list[str]]:
    """Hosts with the same value."""
    groups: list[list[str]] = []
    for host in fleet:
        same = next((group for group in groups if values[group[0]] == values[host]), None)
        if same is None:
            groups.append([host])
        else:
            same.append(host)
    return groups


def other_commits(hosts: Sequence[Host], found: Mapping[str, CurrentSettings]) -> list[str]:
    """Which hosts run another commit than a deploy would bring, in words."""
    groups: dict[tuple[str, str], list[str]] = {}
    for host in hosts:
        runs = str(found[host.name].release.get("commit", ""))
        with suppress(GitError):  # no repository here: then nothing is known of its commits
            head = git(host.app.source, "rev-parse", "--verify", "-q", "HEAD").decode().strip()
            if runs and runs != head:
                groups.setdefault((runs[:7], head[:7]), []).append(host.name)
    return [f"{', '.join(names)}: {runs} runs, and HEAD is {head}" for (runs, head), names in groups.items()]
