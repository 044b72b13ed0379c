"""Defines the numbers and small tables that facts of hosts may hold."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

# A float in seconds that Python can show as a time, and a count that fits everywhere.
Epoch = Annotated[float, Meta(ge=-62_135_596_800, le=253_402_300_799)]
Seconds = Annotated[float, Meta(ge=-1e12, le=1e12)]
Count = Annotated[int, Meta(ge=-(1 << 53), le=1 << 53)]
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{40,64}$")]  # never a word that git would take for an option
Port = Annotated[int, Meta(ge=1, le=65535)]


class Limits(TypedDict):
    """What the kernel lets an app have, and the memory that it uses."""

    memory: Count | None
    memory_most: Count | None
    cpu_most: Count | None


class Moment(str):
    """A time in ISO 8601, with its zone."""


class ServedTls(TypedDict):
    """What is told of the certificates that visitors get."""

    days: Seconds | None
    troubles: list[str]
    waiting: str


class StateOfTls(TypedDict, total=False):
    """The part of the fact `state` that hosts without TLS leave out."""

    tls: ServedTls | None
