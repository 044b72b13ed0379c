"""Defines overrides: settings that win over the inventory and are stored on the hosts, by `fab env.set` and the like.

They belong to a release (`env/ID.kept`), so that a rollback restores them; the next deploy carries over those of the
current release. Values are secrets: the file travels as payload, and back as a line that is shown to nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypedDict

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from slipway.core.errors import SlipwayError
from slipway.env.dotenv import Secret
from slipway.env.sources import Wanted

if TYPE_CHECKING:
    from slipway.model.service_binding import Binding

FACT = "kept"
SERVICES = "services"  # how each host reaches its services, see `slipway.model.service_binding`
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Entry(Struct, frozen=True):
    """One setting.

    Attributes:
        value: what it is; None: it is not to be there, whatever the inventory says.
        who, when: who has set it; ISO 8601.
    """

    value: Secret | None
    who: str
    when: str


class Count(Struct, frozen=True):
    """How many of a process are to run on each host."""

    count: int
    who: str
    when: str


class _Entry(TypedDict):
    value: str | None
    who: str
    when: str


class _Count(TypedDict):
    count: int
    who: str
    when: str


class _File(TypedDict):
    """What is kept on a host."""

    env: dict[str, _Entry]
    generated: dict[str, _Entry]
    scale: dict[str, _Count]
    when: str


class Overrides(Struct, frozen=True):
    """The kept settings of one release.

    Attributes:
        env: names that were set or taken away. generated: values that were made. scale: processes by name.
        when: the last change, ISO 8601; the newest of several hosts' wins. "" if nothing is kept.
        services: how this host reaches the services that provision has made; they belong to no release.
    """

    env: Mapping[str, Entry] = {}
    generated: Mapping[str, Entry] = {}
    scale: Mapping[str, Count] = {}
    when: str = ""
    services: Mapping[str, Binding] = {}

    def __bool__(self) -> bool:
        return bool(self.when or self.services)

    @classmethod
    def read(cls, content: bytes, host: str = "") -> Overrides:
        """From a host's file. Raises SlipwayError: it is none."""
        if not content:
            return NOTHING
        try:
            told = msgspec.convert(json.loads(content), _File)
            datetime.fromisoformat(told["when"]).astimezone(timezone.utc)
            return cls(
                {name: _entry(one) for name, one in told["env"].items()},
                {name: _entry(one) for name, one in told["generated"].items()},
                {name: Count(**one) for name, one in told["scale"].items()},
                told["when"],
            )
        except (ValueError, OverflowError, RecursionError):
            raise SlipwayError(
                f"{host and host + ': '}the settings that are kept with the current release cannot be read",
                hint="Is a newer Slipway in use elsewhere? `fab rollback` returns to a release with readable ones.",
            ) from None

    def render(self) -> bytes:
        """The file; empty if there is nothing to keep."""
        if not self.when:
            return b""
        told = {
            "env": {name: _told(entry) for name, entry in self.env.items()},
            "generated": {name: _told(entry) for name, entry in self.generated.items()},
            "scale": self.scale_told(),
            "when": self.when,
        }
        return json.dumps(told, sort_keys=True).encode() + b"\n"

    def scale_told(self) -> dict[str, dict[str, Any]]:
        """The scale as plain data, for release.json: it is no secret."""
        return {name: {"count": one.count, "who": one.who, "when": one.when} for name, one in self.scale.items()}

    def changed(self, now: datetime, change: Callable[[Overrides, str], Overrides]) -> Overrides:
        """With a change of now, or of the moment after the last one, should this clock be behind."""
        moment = now.astimezone(timezone.utc)
        if self.when:
            moment = max(moment, datetime.fromisoformat(self.when) + timedelta(microseconds=1))
        when = moment.isoformat(timespec="microseconds")
        return replace(change(self, when), when=when)


NOTHING = Overrides()


def newest(each: Iterable[Overrides]) -> Overrides:
    """The one that was changed last."""
    return max(each, key=lambda overrides: overrides.when, default=NOTHING)


def settled(wanted: Sequence[Wanted], overrides: Overrides, who: str, now: datetime) -> Overrides:
    """The overrides, with a new value for each generated name that has none yet."""
    import secrets

    lengths = {name: how.length for each in wanted for name, how in each.generate.items()}
    missing = {name: length for name, length in lengths.items() if name not in overrides.generated}
    if not missing:
        return overrides
    made = {name: "".join(secrets.choice(ALPHABET) for _ in range(length)) for name, length in missing.items()}

    def add(before: Overrides, when: str) -> Overrides:
        entries = {name: Entry(Secret(value), who, when) for name, value in made.items()}
        return replace(before, generated={**before.generated, **entries})

    return overrides.changed(now, add)


def environment(wanted: Wanted, overrides: Overrides) -> dict[str, Secret]:
    """The environment of a release: what this machine gives, and what the hosts keep, which wins."""
    values = dict(wanted.values)
    values |= {
        name: entry.value for name, entry in overrides.generated.items() if name in wanted.generate and entry.value
    }
    for name, entry in overrides.env.items():
        if entry.value is None:
            values.pop(name, None)
        else:
            values[name] = entry.value
    if bound := {name: one for name, one in wanted.bound.items() if name not in overrides.env}:
        from slipway.model.service_binding import bound_values

        values |= bound_values(bound, overrides.services, values)
    return values


def missing(wanted: Wanted, values: Mapping[str, Secret]) -> list[str]:
    """Names that must have a value and have none."""
    return [name for name in wanted.required if not values.get(name)]


def _entry(told: _Entry) -> Entry:
    value = told["value"]
    return Entry(None if value is None else Secret(value), told["who"], told["when"])


def _told(entry: Entry) -> dict[str, Any]:
    value = None if entry.value is None else entry.value.reveal()
    return {"value": value, "who": entry.who, "when": entry.when}
