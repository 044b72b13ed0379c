"""Checks the facts that hosts report: whatever a host sends, it becomes an error with its name, and no traceback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypedDict, TypeVar

import msgspec
from msgspec import Meta

from slipway.core.errors import SlipwayError
from slipway.model.backup_facts import Backup, LastBackup, Restored
from slipway.model.fact_types import Count, Epoch, Hash, Limits, Moment, Port, Seconds, StateOfTls
from slipway.model.outcome import HostOutcome
from slipway.model.schedule_facts import Schedules

T = TypeVar("T")


class Scale(TypedDict):
    count: Annotated[int, Meta(ge=0, le=10_000)]
    who: str
    when: str


class ReleaseFile(TypedDict, total=False):
    """What release.json says, as far as it is used."""

    subject: str
    when: Moment
    scale: dict[str, Scale] | None


class DeployedFile(ReleaseFile):
    """The same where its commit is compared or deployed again: both hashes are given to git."""

    tree: Hash
    commit: Hash
    ref: str
    dirty: bool


class RowAbout(ReleaseFile, total=False):
    left: Any
    who: str
    ref: str


class ReleaseRow(RowAbout):
    release: str
    current: bool
    standby: bool


class Operation(TypedDict, total=False):
    """A line of the history."""

    operation: str | None
    release: str | None
    outcome: str | None
    who: str | None
    left: str | None
    message: str | None
    subject: str | None
    seconds: Seconds | None


class Check(TypedDict):
    exit: Count
    ms: Seconds
    well: bool
    why: str


class Process(TypedDict):
    process: str
    name: str
    program: str
    release: str
    state: str
    pid: Count | None
    uptime: Seconds | None
    exits: Count
    why: str


class ServingProcess(Process):
    replaced: bool
    killed: Count
    deaths: list[str]


class ListedProcess(Process):
    role: Literal["current", "standby", "old"]
    memory: Count | None
    cpu: Seconds | None
    restarts: Count
    exit: Count | None
    stopped: str | None
    measure: str | None


class Processes(TypedDict):
    """The fact `ps`."""

    current: str | None
    supervisord: str | None
    processes: list[ListedProcess]
    limits: Limits
    schedules: Schedules | None


class Health(TypedDict):
    status: Count | None
    ms: Seconds | None
    well: bool
    why: str
    app: bool | None


class Disk(TypedDict):
    free: Count


class Maintenance(TypedDict):
    who: str
    since: Moment
    message: str


class State(StateOfTls):
    base: bool
    current: str | None
    standby: str | None
    release: ReleaseFile | None
    supervisord: str | None
    processes: list[ServingProcess]
    memory_kills: Count | None
    open_ports: list[Port]
    limits: Limits
    missing: list[str]
    stopped: dict[str, str]
    schedules: Schedules | None
    health: Health | None
    web: bool
    check: Check | None
    site: str
    fleet: str
    lock: str | None
    operation: str | None
    journal: bool
    disk: Disk
    backup: LastBackup | None
    maintenance: Maintenance | None


class Task(TypedDict):
    id: str
    state: str
    started: Epoch | None
    code: Count | None
    seconds: Seconds | None
    who: str | None
    command: str | None
    why: str | None


KINDS: Mapping[str, Any] = MappingProxyType(
    {
        "state": State,
        "ps": Processes,
        "tasks": list[Task],
        "releases": list[ReleaseRow],
        "history": list[Operation],
        "assigned": Any,
        "backup": Backup,
        "backups": list[Backup],
        "restored": Restored,
    }
)


def fact(host: HostOutcome, name: str) -> str:
    """What a host reports as a fact. Raises SlipwayError: it does not report it."""
    if name not in host.facts:
        raise _damaged(host, name, "it is missing")
    return host.facts[name]


def json_fact(host: HostOutcome, name: str, kind: Any = None) -> Any:
    """What a host reports as a fact in JSON, whole, once it has the shape that it must have.

    Args:
        kind: the shape; that of `KINDS` if not given.

    Raises:
        SlipwayError: it is missing, is not JSON, or lacks what Slipway reads of it.
    """
    try:
        told = json.loads(fact(host, name))
        msgspec.convert(told, KINDS[name] if kind is None else kind, dec_hook=_custom)
    except (ValueError, OverflowError, RecursionError) as error:
        raise _damaged(host, name, str(error)) from None
    return told


def _damaged(host: HostOutcome, name: str, why: str) -> SlipwayError:
    return SlipwayError(
        f"{host.host}: what it reports as {name.partition('.')[0]} cannot be read: {why}",
        hint=f"Is one of its records damaged? `fab ssh --hosts={host.host}` shows what lies in the app's folder.",
    )


def _custom(kind: type[T], value: Any) -> Any:
    """Raises ValueError: it is no time with a zone."""
    if kind is not Moment or not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is None:
        raise ValueError("it holds a time without a zone")
    return Moment(value)
