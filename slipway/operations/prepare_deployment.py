"""Prepares a deploy: what goes into its plan, and how what the hosts tell (overrides, commits) revises it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct, field
from msgspec.structs import replace

from slipway.core.errors import SlipwayError
from slipway.env.dotenv import Secret
from slipway.env.sources import Wanted
from slipway.inventory import Host
from slipway.inventory.hosts_of_same_fleet import fleets
from slipway.inventory.warning_names import named
from slipway.model.hosts_to_targets import targets, who, with_overrides
from slipway.model.release import Taken
from slipway.model.step import Facts, Hidden, Plan, Revision, Target
from slipway.model.stored_overrides import FACT, SERVICES, Overrides, environment, missing, newest, settled
from slipway.model.switch_groups import Strategy
from slipway.operations import check_new_migrations, may_follow_commit, once_commands_done
from slipway.operations.required_variables import demand_services, demand_what_is_read
from slipway.source import Source

Change = Callable[[Overrides, str], Overrides]


class Deployment(Struct, frozen=True):
    """All that goes into the plan of a deploy.

    Attributes:
        hosts: in the inventory's order. wanted: their environments as this machine gives them.
        again: make a new release even where every host serves the same already.
        left_out: hosts of the same fleet that are not selected.
        skipped: hosts that could not be reached.
        named, backwards: whether the user named the commit, or allowed that commits are taken back.
        now: names the release, however often its plan is made; `begin` gives it another one.
    """

    hosts: Sequence[Host]
    sources: Mapping[Path, Source]
    wanted: Mapping[str, Wanted]
    strategy: Strategy = Strategy()
    templates: Path | None = None
    force: bool = False
    again: bool = False
    skipped: Sequence[str] = ()
    left_out: Sequence[str] = ()
    named: bool = False
    backwards: bool = False
    operation: str = "deploy"
    message: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    def targets(self) -> list[Target]:
        """The targets of the plan, without the overrides of the hosts."""
        return targets(
            self.hosts,
            self.sources,
            wanted=self.wanted,
            templates=self.templates,
            force=self.force,
            now=self.now,
            operation=self.operation,
            message=self.message,
        )

    def plan(
        self,
        targets: Sequence[Target],
        revise: bool = False,
        again: bool | None = None,
        facts: Mapping[str, Facts] | None = None,
    ) -> Plan:
        """The plan of the deploy.

        Args:
            revise: take over what the hosts keep, which they tell in the survey.
            facts: what they have told; None: nothing yet.
        """
        from slipway.operations import one_builder, plans  # loaded while the hosts are dialled

        again = self.again if again is None else again
        revised = partial(self.revised, targets, revise)
        return plans.deploy(one_builder.assigned(targets, facts), self.strategy, self.skipped, again, revised)

    def begin(self) -> tuple[Plan, Sequence[Target]]:
        """The plan of a deploy that begins now, and what it is made from."""
        begun = replace(self, now=datetime.now(timezone.utc))
        targets = begun.targets()
        return begun.plan(targets, revise=True), targets

    def revised(
        self, targets: Sequence[Target], revise: bool, told: Mapping[str, Hidden], facts: Mapping[str, Facts] = {}
    ) -> Revision | None:
        """The plan with what the hosts keep, and from which commits they go; None if there is nothing of that.

        Args:
            targets: those of the plan without it. revise: whether what they keep is to be taken over.

        Raises:
            Taken: a host has a release of this name already.
            SlipwayError: a required name of the environment has no value anywhere, or the deploy would take commits
                back without a word of the user's.
        """
        if any(Taken.FACT in told[host.name] for host in self.hosts):
            raise Taken(targets[0].release.id)
        if not revise:
            return None
        had = {host.name: read(told[host.name], FACT, host.name) for host in self.hosts}
        overrides, notes = taken_over(self.hosts, had, self.wanted, self.now)
        demand_services(self.wanted, overrides)
        demand(self.wanted, overrides)
        demand_what_is_read(targets, self.wanted, overrides, facts)
        found = may_follow_commit.moves(targets, facts)
        may_follow_commit.allow(targets, facts, found, named=self.named, backwards=self.backwards)
        differ = any(had[name] != overrides[name] for name in had)
        made, knowing = None, once_commands_done.informed(targets, facts, [*self.left_out, *self.skipped])
        if any(overrides.values()):
            knowing = with_overrides(knowing, self.wanted, overrides)
            made = self.plan(knowing, again=self.again or differ, facts=facts)
        elif any(new is not old or new.app.build.on_one_host for new, old in zip(knowing, targets, strict=True)):
            made = self.plan(knowing, facts=facts)
        for name, more in check_new_migrations.warnings(targets, facts).items():
            notes.setdefault(name, []).extend(more)
        if not (made or found):
            return None
        moved = may_follow_commit.in_words(found, facts, targets[0].release.commit)
        return Revision(made, notes, moved, may_follow_commit.for_history(found, facts))

    def without(self, hosts: Sequence[str]) -> Deployment:
        """The same without some hosts that could not be reached."""
        return replace(self, hosts=[host for host in self.hosts if host.name not in hosts], skipped=hosts)


def read(told: Hidden, fact: str, host: str) -> Overrides:
    """The settings that a host keeps. Raises SlipwayError: they cannot be read."""
    overrides = Overrides.read(content(told, fact, host), host)
    if SERVICES not in told:
        return overrides
    from slipway.model.service_binding import read_bindings

    return replace(overrides, services=read_bindings(content(told, SERVICES, host), host))


def content(told: Hidden, fact: str, host: str) -> bytes:
    """A file that a host sent as a secret fact; empty if it sent none. Raises SlipwayError: it is no file."""
    try:
        return base64.b64decode(told.get(fact, Secret("")).reveal(), validate=True)
    except ValueError:
        raise SlipwayError(
            f"{host}: what it sends as {fact} cannot be read",
            hint=f"Is base64 there the program of coreutils? `fab ssh --hosts={host}` shows it.",
        ) from None


def taken_over(
    hosts: Sequence[Host], had: Mapping[str, Overrides], wanted: Mapping[str, Wanted], now: datetime
) -> tuple[dict[str, Overrides], dict[str, list[str]]]:
    """The overrides for each host: the newest of its fleet, with a value for each generated name.

    Returns:
        It, and what is to be told of hosts for which that is something else than they had.
    """
    overrides: dict[str, Overrides] = {}
    notes: dict[str, list[str]] = {}
    for fleet in fleets_of(hosts):
        bare = {name: replace(had[name], services={}) for name in fleet}
        best = newest(bare.values())
        whole = settled([wanted[name] for name in fleet], best, who(), now)
        overrides |= {name: replace(whole, services=had[name].services) for name in fleet}
        origin = next((name for name in fleet if best and bare[name] == best), "")
        for name in fleet:
            if bare[name] != best:
                gives_up = f"its overrides are replaced by the newer ones of {origin}"
                what = gives_up if bare[name] else f"gets the overrides of {origin}"
                notes[name] = [named("host-added-settings", f"{what}: {names(had[name], best)}")]
    return overrides, notes


def fleets_of(hosts: Sequence[Host]) -> list[list[str]]:
    """Names of hosts that keep the same settings: of the same app, and in a group together."""
    return fleets({host.name: [f"{host.app.name} {group}" for group in host.groups or [""]] for host in hosts})


def names(before: Overrides, after: Overrides) -> str:
    """In which settings two differ, by name."""
    found = []
    for kind, old, new in (
        ("", before.env, after.env),
        ("", before.generated, after.generated),
        ("scale of ", before.scale, after.scale),
    ):
        found += [f"{kind}{name}" for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    return ", ".join(found) or "none"


def demand(
    wanted: Mapping[str, Wanted],
    overrides: Mapping[str, Overrides],
    before: Mapping[str, Overrides] = MappingProxyType({}),
) -> None:
    """Require a value for all names of the environment that must have one.

    Args:
        before: what each host kept before a change of settings: names that lacked a value already may still lack it,
            so that several can be set one by one. A deploy demands all of them.

    Raises:
        SlipwayError: some have none; all of them are listed.
    """
    lacking: dict[str, list[str]] = {}
    for host, mine in wanted.items():
        if host in overrides:
            lacked = missing(mine, environment(mine, before[host])) if host in before else ()
            for name in missing(mine, environment(mine, overrides[host])):
                if name in lacked:
                    continue
                lacking.setdefault(name, []).append(host)
    if lacking:
        listed = (
            name if len(hosts) == len(overrides) else f"{name} (on {', '.join(hosts)})"
            for name, hosts in lacking.items()
        )
        raise SlipwayError(
            f"required in the environment, and without a value: {', '.join(listed)}",
            hint="Give it in an env file, in [env], or by `fab env.set NAME`. Nothing was changed.",
        )
