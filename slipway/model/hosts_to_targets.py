"""Makes targets from hosts: adds the commit, the detected app, the release and the environment. No network."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec.structs import replace

from slipway.core.errors import UsageError
from slipway.core.printable import clean
from slipway.detect import Detected, detect, development_settings
from slipway.detect.env_variables import environment_reads
from slipway.env import dotenv
from slipway.env.sources import Wanted, gather
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.add_procfile_processes import with_declared
from slipway.model.layout import TOOLS, Layout
from slipway.model.refuse_in_commit import refuse_committed
from slipway.model.release import Release, release_id
from slipway.model.run_local_build import check_uploads
from slipway.model.scale import scaled
from slipway.model.service_endpoints import service_endpoints
from slipway.model.shared_places import shared_places
from slipway.model.step import Target
from slipway.model.stored_overrides import NOTHING, Overrides, environment
from slipway.source import Source, resolve

if TYPE_CHECKING:
    from slipway.env.index_credentials import IndexAddress

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


def layout_of(host: Host) -> Layout:
    """Where the host keeps the app, and the tools that provision made for all apps there."""
    base = PurePosixPath(host.app.root) / host.app.name
    tools = PurePosixPath(host.app.root) / ".slipway" / "tools" if host.rootless else TOOLS
    return Layout(base, tools)


def sources_of(hosts: Sequence[Host], ref: str = "HEAD", dirty: bool = False) -> dict[Path, Source]:
    """Resolve the commit once for each source folder, before anybody is contacted.

    Args:
        ref, dirty: see `slipway.source.resolve`.

    Raises:
        UsageError: no such commit, uncommitted work, built files that are not there.
    """
    for host in hosts:
        if not host.app.build.local:
            check_uploads(host.app, host.app.source)
    return {folder: resolve(folder, ref, dirty) for folder in dict.fromkeys(host.app.source for host in hosts)}


def targets(
    hosts: Sequence[Host],
    sources: Mapping[Path, Source] | None = None,
    *,
    wanted: Mapping[str, Wanted] | None = None,
    templates: Path | None = None,
    force: bool = False,
    now: datetime | None = None,
    operation: str = "deploy",
    message: str = "",
) -> list[Target]:
    """Make the targets of a deploy; every host gets the same release.

    Args:
        hosts: in the inventory's order; the first one is the leader.
        sources: what `sources_of` found for them; it is asked if they are not given.
        wanted: the environment of each, from `environments_of`; it is asked if they are not given.
        templates: folder of the user's own templates.
        force: redo what is provably unchanged.
        now: the time of the deploy; the current time if not given.
        operation, message: for the history.

    Raises:
        UsageError: an app of unknown kind, an unusable environment.
    """
    now = now or datetime.now(timezone.utc)
    sources = sources_of(hosts) if sources is None else sources
    wanted = environments_of(hosts) if wanted is None else wanted
    rendered = _remembering(_environment)
    found = _remembering(_detected)
    made = []
    for host in hosts:
        source, mine = sources[host.app.source], wanted[host.name]
        detected = found(source, host.app)
        host = with_declared(host, detected)
        app = host.app
        content, digest = rendered(mine.values, app.name + mine.marks)
        made.append(
            Target(
                host=host,
                app=app,
                layout=layout_of(host),
                release=_release(source, now),
                detected=_alone(detected, hosts, app),
                source=source,
                templates=templates,
                env=content,
                env_digest=digest,
                force=force,
                leader=host.name == hosts[0].name,
                indexes=_indexes(app, operation),
                operation=operation,
                message=message,
                services=service_endpoints(mine, NOTHING),
                fleet_size=len(hosts),
            )
        )
    return made


def with_overrides(
    made: Sequence[Target], wanted: Mapping[str, Wanted], overrides: Mapping[str, Overrides]
) -> list[Target]:
    """The same targets with the settings that their hosts keep."""
    rendered = _remembering(_environment)
    return [_with_overrides(target, wanted[target.host.name], overrides[target.host.name], rendered) for target in made]


def environments_of(hosts: Sequence[Host]) -> dict[str, Wanted]:
    """The environment of each host as this machine gives it: files are read already, commands run now.

    Raises:
        UsageError: a command failed.
    """
    return gather({host.name: (host.sources, host.required) for host in hosts})


def _with_overrides(
    plain: Target,
    wanted: Wanted,
    overrides: Overrides,
    make: Callable[[Mapping[str, dotenv.Secret], str], tuple[bytes, str]],
) -> Target:
    """A target with the settings that its host keeps."""
    content, digest = make(environment(wanted, overrides), plain.app.name)
    app = scaled(plain.app, overrides.scale)
    return replace(
        plain,
        app=app,
        host=msgspec.structs.replace(plain.host, app=app),
        env=content,
        env_digest=digest,
        overrides=overrides.render(),
        scale=overrides.scale_told(),
        plain=plain,
        services=service_endpoints(wanted, overrides),
    )


def _detected(source: Source, app: App) -> Detected:
    """Raises UsageError: it cannot be told, it cannot keep apart what lies in shared/, or a link leads out of it."""
    with source.opened() as files:
        found = detect(files, app)
        reads = environment_reads(files, app, found, everywhere=False).required
        found = replace(found, required=(*reads, *development_settings.required(found.production)))
        shared_places(app, found, source)
        refuse_committed(source, files)
    return found


def _alone(detected: Detected, hosts: Sequence[Host], app: App) -> Detected:
    """What was found out, with a word about databases that several hosts do not have in common."""
    twins = [host.name for host in hosts if host.app.name == app.name]
    if not detected.sqlite or len(twins) < 2:
        return detected
    told = (
        f"SQLite is the database: {', '.join(twins)} each have one of their own in shared/, and what is written on one "
        "host is not on the others. Use PostgreSQL, or one host"
    )
    return replace(detected, losses=(*detected.losses, told))


def _environment(values: Mapping[str, dotenv.Secret], name: str) -> tuple[bytes, str]:
    return dotenv.render(values), dotenv.digest(values, name)


def _indexes(app: App, operation: str) -> tuple[IndexAddress, ...] | None:
    """The package indexes of an app; None where a change of settings, which mostly installs nothing, cannot know them.

    Raises:
        UsageError: a deploy lacks a variable for them.
    """
    given = [*filter(None, [app.build.index]), *app.build.extra_indexes]
    if not given:
        return ()
    from slipway.env.index_credentials import index_address

    try:
        return tuple(map(index_address, given))
    except UsageError:
        if operation == "deploy":
            raise
        return None


def _remembering(make: Callable[[A, B], C]) -> Callable[[A, B], C]:
    """Make a value once for all hosts that give the same arguments, hashable or not."""
    known: list[tuple[tuple[A, B], C]] = []

    def remembered(first: A, second: B) -> C:
        for arguments, value in known:
            if arguments == (first, second):
                return value
        known.append(((first, second), make(first, second)))
        return known[-1][1]

    return remembered


def who() -> str:
    """Who runs this, for locks and history: what SLIPWAY_BY says, as CI may set it, else user@machine."""
    given = " ".join(clean(os.environ.get("SLIPWAY_BY", "")).split())
    if given:
        return given[:100]
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # in some containers users have no names
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def _release(source: Source, now: datetime) -> Release:
    return Release(
        id=release_id(now, source.commit, source.dirty),
        commit=source.commit,
        tree=source.tree,
        ref=source.ref,
        subject=source.subject,
        who=who(),
        when=now,
        dirty=source.dirty,
    )
