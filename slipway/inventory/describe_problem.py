"""Describes what is wrong in an inventory in one line: the file, the key, and what was expected."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import msgspec

from slipway.core.errors import UsageError

from .value_types import NAME, WORDS

_SECRET = re.compile(r"(?:^|\.)env(?:_commands)?(?:\.|\[|$)|(?:^|[._])index(?:es)?(?:\[|$)|\burl$")
T = TypeVar("T")

_KINDS = MappingProxyType(
    {
        "str": "text in quotes",
        "int": "a whole number",
        "float": "a number",
        "bool": "true or false",
        "array": "a list",
        "object": "a table",
        "datetime": "a date",
        "date": "a date",
        "time": "a time",
    }
)
_WHERE = re.compile(r"(?s)(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?\Z")
ANY_KEY = "[...]"  # what msgspec says in the place of a key that is the user's
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


class Place(NamedTuple):
    """Where in the user's files something stands, such as `inventory.toml: groups.prod.hosts[1]`."""

    file: str
    key: str = ""

    def __str__(self) -> str:
        return ": ".join(part for part in self if part)

    def __truediv__(self, key: str) -> Place:
        return Place(self.file, f"{self.key}.{key}" if self.key else key)

    def item(self, index: int) -> Place:
        return Place(self.file, f"{self.key}[{index}]")

    def error(self, message: str, hint: str = "") -> UsageError:
        """The error to raise for what stands here."""
        return UsageError(": ".join(part for part in (*self, message) if part), hint=hint)


def suggest(wrong: str, known: Iterable[str]) -> str:
    """`; did you mean 'prod'?`, or nothing when no known name is close."""
    close = closest(wrong, known)
    return f"; did you mean '{close}'?" if close else ""


def closest(wrong: str, known: Iterable[str], alike: float = 0.6) -> str:
    """The known name that is most like a wrong one, or "" when none is close.

    Args:
        alike: of 1, how much it has to be like it.
    """
    return next(iter(difflib.get_close_matches(wrong, list(known), 1, alike)), "")


def check_name(name: str, place: Place) -> None:
    """Refuse what cannot be the name of a group, host, role or process."""
    if not re.match(NAME, name):
        raise place.error(f"{name!r} is not {WORDS[NAME]}")


def convert(raw: object, kind: type[T], place: Place) -> T:
    """Check `raw`, as TOML gave it, against a struct and return the struct.

    Raises:
        UsageError: the first thing that is wrong, with its place.
    """
    try:
        return msgspec.convert(raw, kind, dec_hook=_path)
    except msgspec.ValidationError as error:
        match = _WHERE.fullmatch(str(error))
        assert match
        path = match["path"] or ""
        if ANY_KEY in path:
            _refuse_one_of(raw, kind, place, path.partition(ANY_KEY)[0])
        at = place / path.lstrip(".") if path else place
        raise _explain(match["what"], raw, kind, at, path) from None


def _refuse_one_of(raw: object, kind: type, place: Place, path: str) -> None:
    """Raises UsageError: of the first entry that is wrong in a table whose keys are the user's, which msgspec hides."""
    entry = typing.get_args(_type_at(kind, path))[1]
    for key, value in _value_at(raw, path).items():
        convert(value, entry, place / path.lstrip(".") / key)


def _path(kind: type, value: object) -> Path:
    if kind is not Path or not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("expected a path in quotes")
    return Path(value)


def _explain(what: str, raw: object, kind: type, place: Place, path: str) -> UsageError:
    """Turn msgspec's complaint `what` about `path` inside `raw` into words."""
    quoted: list[str] = re.findall(r"`([^`]*)`", what)
    if what.startswith("Object contains unknown field"):
        known = [field.name for field in msgspec.structs.fields(_type_at(kind, path))]
        return (place / quoted[0]).error(f"unknown key{suggest(quoted[0], known)}")
    if what.startswith("Object missing required field"):
        return (place / quoted[0]).error("is missing")
    if " matching regex " in what:
        words = next((said for rule, said in WORDS.items() if repr(rule) in what), "allowed here")
        return place.error(f"{_shown(place, _value_at(raw, path))} is not {words}")
    if what.startswith("Invalid enum value"):
        allowed = ", ".join(repr(choice) for choice in _choices(_type_at(kind, path)))
        return place.error(f"{_value_at(raw, path)!r} is none of {allowed}")
    if bound := re.fullmatch(r"Expected `\w+` (>=|<=) (-?\d+)", what):
        return place.error(f"must be {bound[2]} or {'more' if bound[1] == '>=' else 'less'}")
    if len(quoted) == 2:
        expected = " or ".join(_KINDS.get(name, name) for name in quoted[0].split(" | ") if name != "null")
        return place.error(f"expected {expected}, got {_KINDS.get(quoted[1], quoted[1])}")
    return place.error(what)


def _shown(place: Place, value: object) -> str:
    """A value as errors show it; what gives the environment its values may hold secrets."""
    return "this" if _SECRET.search(place.key) else repr(value)


def _value_at(raw: Any, path: str) -> Any:
    for name, index in _STEP.findall(path):
        raw = raw[name] if name else raw[int(index)]
    return raw


def _type_at(kind: Any, path: str) -> Any:
    for name, _index in _STEP.findall(path):
        if name:
            kind = next(field.type for field in msgspec.structs.fields(kind) if field.name == name)
        else:
            kind = typing.get_args(kind)[0]
    return kind


def _choices(kind: Any) -> list[str]:
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is typing.Literal:
        return list(arguments)
    return [choice for part in arguments for choice in _choices(part)]
