"""Defines steps, phases and plans: they say what would run; nothing here runs anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from slipway.core.shell import Script, join, sh
from slipway.env.dotenv import Redacted

if TYPE_CHECKING:
    from slipway.detect import Detected
    from slipway.env.dotenv import Secret
    from slipway.env.index_credentials import IndexAddress
    from slipway.inventory import Host
    from slipway.inventory.app import App
    from slipway.model.layout import Layout
    from slipway.model.local_command import LocalCommand
    from slipway.model.output_to_fetch import Download
    from slipway.model.release import Release
    from slipway.model.release_layout import ReleaseLayout
    from slipway.model.service_binding import Endpoint
    from slipway.model.shared_places import SharedPlace
    from slipway.model.venv_passing_through import VenvArchive
    from slipway.source import Source

Facts = Mapping[str, str]
# What a host tells and nobody else may see, by name.
Hidden = Mapping[str, "Secret"]
Revise = Callable[[Mapping[str, Hidden], Mapping[str, Facts]], "Revision | None"]


class Placed(Protocol):
    """A release's place on one host: what is being deployed, or what is there and comes back."""

    @property
    def host(self) -> Host: ...
    @property
    def app(self) -> App: ...
    @property
    def layout(self) -> Layout: ...
    @property
    def paths(self) -> ReleaseLayout: ...


class Target(Redacted, frozen=True, dict=True):
    """What a step is made from: one host, its app settings, and the release that is deployed to it.

    Attributes:
        templates: the user's own templates; None if there are none.
        env: the content of the env file. env_digest: stands for it where it may be seen.
        overrides: the settings that are kept on the hosts, as the file that the release gets; empty if there are none.
        scale: those of them that say how many of a process run, as plain data.
        plain: the same without anything that is kept; None: it is the same.
        force: redo what is provably unchanged (venv, static files, migrations).
        leader: whether this host runs what must happen once for the whole fleet.
        indexes: the package indexes with their credentials; None: this machine lacks a variable for them.
        offers: keeps this host's venv for others, where `app.build.on_one_host` has it built here for them.
        receives: what another host has offered, in the place of a venv that is built here.
        once_done: commands of `app.once` that have run on other hosts of the fleet.
        services: where the services of the app answer. fleet_size: how many hosts are deployed to with it.
        operation: what the history calls it. message: what it changes, in names.
    """

    UNSHOWN = frozenset({"env", "overrides", "plain", "indexes"})

    host: Host
    app: App
    layout: Layout
    release: Release
    detected: Detected
    source: Source
    templates: Path | None = None
    env: bytes = b""
    env_digest: str = ""
    overrides: bytes = b""
    scale: Mapping[str, Mapping[str, object]] = {}
    plain: Target | None = None
    force: bool = False
    leader: bool = False
    indexes: tuple[IndexAddress, ...] | None = ()
    offers: VenvArchive | None = None
    receives: VenvArchive | None = None
    once_done: frozenset[str] = frozenset()
    services: tuple[Endpoint, ...] = ()
    fleet_size: int = 1
    operation: str = "deploy"
    message: str = ""

    @cached_property
    def paths(self) -> ReleaseLayout:
        return self.layout.release(self.release.id)

    @cached_property
    def shared_places(self) -> tuple[SharedPlace, ...]:
        """What becomes a link to shared/; see `slipway.model.shared_places`, which may refuse."""
        from slipway.model.shared_places import shared_places

        return shared_places(self.app, self.detected, self.source)


class Upload(Struct, frozen=True):
    """A local folder or file that is brought to a path on the host before the step's script runs there."""

    source: Path
    target: PurePosixPath


class Step(Redacted, frozen=True):
    """One thing that is done on one host.

    Attributes:
        name: a short word for outputs, tests and the fault table, such as `venv`.
        title: what a person reads while it runs, such as `build the venv`.
        script: what runs on the host; an empty one means that there is nothing to do.
        payload: bytes that the script reads with `take` from its standard input, made from what
            the host reported so far; None if it reads none. Secrets travel only here.
        uploads: what git does not have and is sent first.
        secrets: what is masked in all that the host prints meanwhile.
        download: what is brought here afterwards.
    """

    UNSHOWN = frozenset({"payload", "secrets"})

    name: str
    title: str
    script: Script
    payload: Callable[[Facts], bytes] | None = None
    uploads: tuple[Upload, ...] = ()
    secrets: tuple[Secret, ...] = ()
    download: Download | None = None


class Phase(Redacted, frozen=True):
    """Steps between two barriers: every host ends a phase before any host begins the next.

    Attributes:
        steps: the steps of each host by its name; a host without an entry sits the phase out.
        final: the phase comes after the decision: a failure in it is reported, and nothing is undone.
        settles: name of a fact; where every host reports it as `yes`, there is nothing left to do after this phase.
        now: once a host has received it, nothing stops it there: neither the loss of the client nor Ctrl-C.
        local: commands that run on this machine before it begins; if one fails, everything is undone.
        question: what a person has to answer with yes before it begins; everything is undone otherwise.
        revise: makes the rest of the plan anew from what each host told us in confidence, and from its facts; None
            keeps it as it is.
        early: it only looks: a host may begin, and has nothing to be sent, before the others are connected.
    """

    UNSHOWN = frozenset({"revise"})

    name: str
    title: str
    steps: Mapping[str, tuple[Step, ...]]
    final: bool = False
    question: str = ""
    local: tuple[LocalCommand, ...] = ()
    now: bool = False
    settles: str = ""
    revise: Revise | None = None
    early: bool = False


class Revision(Struct, frozen=True):
    """A plan in the place of one that runs; its phases have the names of the old one's.

    Attributes:
        plan: None: the plan stays as it is.
        notes: what to tell of each host.
        moved: from which commit to which each host goes, in words. records: what its history says besides.
    """

    plan: Plan | None
    notes: Mapping[str, Sequence[str]] = {}
    moved: Mapping[str, str] = {}
    records: Mapping[str, Mapping[str, object]] = {}


class Record(Struct, frozen=True):
    """What a host's history says of an operation; the fleet adds `outcome` and `seconds` at its end.

    Attributes:
        path: the host's history, one JSON object a line.
        facts: plain JSON data: operation, release, who, when and the like.
        instead: a script that the host would run to write it by itself, if we were lost; removed when it is written.
        failure: it is written only where the host did not get through; the script itself writes it where it did. The
            folder is made then: nothing may be there yet.
    """

    path: PurePosixPath
    facts: Mapping[str, object]
    instead: PurePosixPath | None = None
    failure: bool = False


class Plan(Struct, frozen=True):
    """All phases of an operation in their order.

    Attributes:
        operation: `deploy`, `rollback`, `provision` ...
        together: all hosts or none; otherwise each host is on its own, and a failure stops only that host.
        records: what goes into the history of each host by its name, however the operation ends.
    """

    operation: str
    phases: tuple[Phase, ...]
    together: bool = True
    records: Mapping[str, Record] = {}


def compose(steps: tuple[Step, ...]) -> Script:
    """The script of one phase on one host: its steps one after another, each announced by a marker line."""
    return join(sh("step {{name}}\n{{script}}", name=step.name, script=step.script) for step in steps)


def payload(steps: tuple[Step, ...], facts: Facts) -> bytes:
    """What the script of `compose` reads from its standard input, each part framed as `take` reads it."""
    parts = [step.payload(facts) for step in steps if step.payload]
    return b"".join(b"%d\n%b" % (len(part), part) for part in parts)
