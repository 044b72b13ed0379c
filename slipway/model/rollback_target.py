"""Finds the release that a rollback goes back to, and its paths on each host."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timezone
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from slipway.core.errors import SlipwayError
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.check_host_facts import json_fact
from slipway.model.hosts_to_targets import layout_of, who
from slipway.model.layout import Layout
from slipway.model.outcome import HostOutcome
from slipway.model.release import RELEASE_ID
from slipway.model.release_layout import ReleaseLayout

NOW = "now"
Migrations = Mapping[str, Sequence[str]]
Schema = Literal["stop", "keep", "back"]


class RollbackTarget(Struct, frozen=True):
    """A release on a host that a rollback makes current again.

    Attributes:
        id: the release to return to. left: the one that is current now.
        who, when: for the history.
        migrate_back: migrations of the release that is left, by database, that this host takes back.
    """

    host: Host
    id: str
    left: str
    who: str
    when: datetime
    migrate_back: Migrations = {}

    @property
    def leaving(self) -> RollbackTarget:
        """The place of the release that is left."""
        return replace(self, id=self.left)

    @property
    def app(self) -> App:
        return self.host.app

    @property
    def layout(self) -> Layout:
        return layout_of(self.host)

    @property
    def paths(self) -> ReleaseLayout:
        return self.layout.release(self.id)


class RollbackCandidates(Struct, frozen=True):
    """The releases of a host that a rollback can go back to, as `slipway.steps.rollback_candidates` reports it.

    Attributes:
        current: id of the current release; "" if there is none.
        whole: ids of all releases that are whole, in the order in which they came to the host: the clocks that named
            them may have been off. left: those that were rolled back from.
        applied: the migrations that were applied with a release, by its id, where this host ran them; under NOW those
            that the database has.
    """

    current: str
    whole: tuple[str, ...]
    left: frozenset[str]
    applied: Mapping[str, Migrations] = {}

    @classmethod
    def of(cls, host: HostOutcome) -> RollbackCandidates:
        """From what a host reports. Raises SlipwayError: what it says of migrations cannot be read."""
        facts = host.facts
        return cls(
            facts.get("current", ""),
            tuple(filter(RELEASE_ID.fullmatch, facts.get("whole", "").split())),
            frozenset(facts.get("left", "").split()),
            {
                key.split(".", 1)[1]: json_fact(host, key, dict[str, list[str]])
                for key in facts
                if key.startswith("applied.")
            },
        )

    @property
    def earlier(self) -> tuple[str, ...]:
        """What came before the current release."""
        return self.whole[: self.whole.index(self.current)] if self.current in self.whole else self.whole

    def across(self, id: str) -> Migrations:
        """The migrations that were applied since release `id`, by database."""
        return _without(self._now, self.applied.get(id))

    def lacking(self, id: str) -> Migrations:
        """The migrations that release `id` needs and the database does not have, by database."""
        return _without(self.applied.get(id), self._now)

    @property
    def _now(self) -> Migrations | None:
        return self.applied.get(NOW, self.applied.get(self.current))


def _without(some: Migrations | None, others: Migrations | None) -> Migrations:
    """Those that the others lack; none where one of the two is not known."""
    if some is None or others is None:
        return {}
    found = {alias: [name for name in some[alias] if name not in others.get(alias, ())] for alias in some}
    return {alias: names for alias, names in found.items() if names}


def choose(by_host: Mapping[str, RollbackCandidates], to: str = "") -> str:
    """The release to return to: the newest earlier one that is good and present on every host.

    Args:
        by_host: what each host has, by name.
        to: a release's id, or the beginning of its id or of its commit; "" to choose.

    Raises:
        SlipwayError: `to` means no release, or several; or there is nothing to return to.
    """
    if to:
        everywhere = frozenset.intersection(*(frozenset(candidates.whole) for candidates in by_host.values()))
        return _named(to, sorted(everywhere), by_host)
    if not all(candidates.current for candidates in by_host.values()):
        empty = ", ".join(name for name, candidates in by_host.items() if not candidates.current)
        raise SlipwayError(f"nothing has been deployed yet on {empty}", hint="Deploy first: fab deploy")
    left = frozenset[str]().union(*(candidates.left for candidates in by_host.values()))
    first = next(iter(by_host.values()))
    earlier = [
        id
        for id in first.earlier
        if id not in left and all(id in candidates.earlier for candidates in by_host.values())
    ]
    if not earlier:
        raise SlipwayError(
            "there is no earlier good release that every selected host has",
            hint="`fab releases` shows what there is; --to=RELEASE names one.",
        )
    return earlier[-1]


def _named(to: str, everywhere: Sequence[str], by_host: Mapping[str, RollbackCandidates]) -> str:
    found = [id for id in everywhere if id.startswith(to) or id.split("-", 2)[2].startswith(to[:7])]
    if len(found) == 1:
        return found[0]
    if found:
        raise SlipwayError(f"'{to}' means {len(found)} releases", hint=f"Take one of: {', '.join(found)}")
    some = [name for name, candidates in by_host.items() if any(id.startswith(to) for id in candidates.whole)]
    where = f"; only {', '.join(some)} has it" if some else ""
    raise SlipwayError(
        f"there is no release '{to}' on every selected host{where}", hint="`fab releases` shows what there is."
    )


def rollback_targets(
    hosts: Sequence[Host], by_host: Mapping[str, RollbackCandidates], id: str, schema: Schema = "stop"
) -> list[RollbackTarget]:
    """The hosts' parts in a rollback to `id`; hosts that are there already have none.

    Args:
        schema: what to do about migrations in between: `stop` for a decision, `keep` what they did, or take them
            `back`.

    Raises:
        SlipwayError: there are migrations in between, and nobody has decided; or the database lacks some that the
            release needs.
    """
    if schema != "keep":
        _refuse_lacking(
            {name for each in by_host.values() for names in each.lacking(id).values() for name in names}, id
        )
    across = {name: candidates.across(id) for name, candidates in by_host.items() if candidates.current != id}
    between = sorted({name for each in across.values() for names in each.values() for name in names})
    if between and schema == "stop":
        raise SlipwayError(
            f"the database was migrated since release {id}: {', '.join(between)}",
            hint="--keep-schema goes back and leaves the database as it is, if the older code can live with it; "
            "--migrate-back takes these migrations back first.",
        )
    now = datetime.now(timezone.utc)
    return [
        RollbackTarget(host, id, by_host[host.name].current, who(), now, across[host.name] if schema == "back" else {})
        for host in hosts
        if by_host[host.name].current != id
    ]


def _refuse_lacking(names: Collection[str], id: str) -> None:
    """Raises SlipwayError: the database lacks migrations that the release needs, since they were taken back."""
    if names:
        raise SlipwayError(
            f"release {id} needs migrations that the database does not have: {', '.join(sorted(names))}",
            hint=f"`fab deploy --ref={id.split('-')[2]}` brings its commit, and migrates.",
        )


def facts(back: RollbackTarget) -> dict[str, str]:
    """What is remembered of a rollback."""
    return {
        "operation": "rollback",
        "release": back.id,
        "left": back.left,
        "who": back.who,
        "when": back.when.isoformat(timespec="seconds"),
    }
