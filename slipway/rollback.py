"""Rollback: which release to go back to, and its place on each host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from slipway.app import App
from slipway.errors import SlipwayError, UsageError
from slipway.inventory import Host
from slipway.release import Layout, ReleaseLayout
from slipway.step import Facts
from slipway.target import layout_of, who


@dataclass(frozen=True)
class Return:
    """A release that is on a host already, and shall be current again.

    Attributes:
        id: the release to return to. left: the one that is current now.
        who, when: for the history.
    """

    host: Host
    id: str
    left: str
    who: str
    when: datetime

    @property
    def app(self) -> App:
        return self.host.app

    @property
    def layout(self) -> Layout:
        return layout_of(self.host)

    @property
    def paths(self) -> ReleaseLayout:
        return self.layout.release(self.id)


@dataclass(frozen=True)
class Shelf:
    """What a host has to return to, as `slipway.steps.shelf` reports it.

    Attributes:
        current: id of the current release; "" if there is none.
        whole: ids of all releases that are whole, oldest first. left: those that were rolled back from.
    """

    current: str
    whole: tuple[str, ...]
    left: frozenset[str]

    @classmethod
    def of(cls, facts: Facts) -> Shelf:
        return cls(
            facts.get("current", ""),
            tuple(sorted(facts.get("whole", "").split())),
            frozenset(facts.get("left", "").split()),
        )


def choose(shelves: Mapping[str, Shelf], to: str = "") -> str:
    """The release to return to: the newest earlier one that is good and present on every host.

    Args:
        shelves: what each host has, by name.
        to: a release's id, or the beginning of its id or of its commit; "" to choose.

    Raises:
        UsageError: `to` means no release, or several. SlipwayError: there is nothing to return to.
    """
    everywhere = frozenset.intersection(*(frozenset(shelf.whole) for shelf in shelves.values()))
    if to:
        return _named(to, sorted(everywhere), shelves)
    currents = {shelf.current for shelf in shelves.values()}
    if "" in currents:
        empty = ", ".join(name for name, shelf in shelves.items() if not shelf.current)
        raise SlipwayError(f"nothing has been deployed yet on {empty}", hint="Deploy first: fab deploy")
    left = frozenset[str]().union(*(shelf.left for shelf in shelves.values()))
    earlier = [id for id in sorted(everywhere) if id < min(currents) and id not in left]
    if not earlier:
        raise SlipwayError(
            "there is no earlier good release that every selected host has",
            hint="`fab releases` shows what there is; --to=RELEASE names one.",
        )
    return earlier[-1]


def _named(to: str, everywhere: Sequence[str], shelves: Mapping[str, Shelf]) -> str:
    found = [id for id in everywhere if id.startswith(to) or id.split("-", 2)[2].startswith(to[:7])]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"'{to}' means {len(found)} releases", hint=f"Take one of: {', '.join(found)}")
    some = [name for name, shelf in shelves.items() if any(id.startswith(to) for id in shelf.whole)]
    where = f"; only {', '.join(some)} has it" if some else ""
    raise UsageError(
        f"there is no release '{to}' on every selected host{where}", hint="`fab releases` shows what there is."
    )


def returns(hosts: Sequence[Host], shelves: Mapping[str, Shelf], id: str) -> list[Return]:
    """The hosts' parts in a rollback to `id`; hosts that are there already have none."""
    now = datetime.now(timezone.utc)
    return [
        Return(host, id, shelves[host.name].current, who(), now) for host in hosts if shelves[host.name].current != id
    ]


def facts(back: Return) -> dict[str, str]:
    """What is remembered of a rollback."""
    return {
        "operation": "rollback",
        "release": back.id,
        "left": back.left,
        "who": back.who,
        "when": back.when.isoformat(timespec="seconds"),
    }
