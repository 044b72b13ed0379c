"""From hosts to targets: which commit, what kind of app, which release, which environment. No network."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath

from slipway import env
from slipway.app import App
from slipway.detect import detect
from slipway.errors import UsageError
from slipway.inventory import Host
from slipway.release import Layout, Release, release_id
from slipway.source import Source, resolve
from slipway.step import Target


def layout_of(host: Host) -> Layout:
    """Where the host keeps the app, and the tools that provision made for all apps there."""
    base = PurePosixPath(host.app.root) / host.app.name
    tools = PurePosixPath(host.app.root) / ".slipway" / "tools" if host.rootless else Layout.tools
    return Layout(base, tools)


def targets(
    hosts: Sequence[Host],
    *,
    templates: Path | None = None,
    ref: str = "HEAD",
    dirty: bool = False,
    force: bool = False,
    now: datetime | None = None,
) -> list[Target]:
    """Make the targets of a deploy: the commit is resolved once, so that every host gets the same release.

    Args:
        hosts: in the inventory's order; the first one is the leader.
        templates: folder of the user's own templates.
        ref, dirty: see `slipway.source.resolve`.
        force: redo what is provably unchanged.
        now: the time of the deploy; the current time if not given.

    Raises:
        UsageError: no such commit, uncommitted work, an app of unknown kind, an unusable environment.
    """
    now = now or datetime.now(timezone.utc)
    sources: dict[Path, Source] = {}
    made = []
    for host in hosts:
        app = host.app
        _check_uploads(app)
        source = sources.get(app.source) or sources.setdefault(app.source, resolve(app.source, ref, dirty))
        made.append(
            Target(
                host=host,
                app=app,
                layout=layout_of(host),
                release=_release(source, now),
                detected=detect(source, app),
                source=source,
                templates=templates,
                env=env.render(host.env),
                env_digest=env.digest(host.env, app.name),
                force=force,
                leader=host is hosts[0],
            )
        )
    return made


def _check_uploads(app: App) -> None:
    for path in app.uploads:
        if not (app.source / path).exists():
            raise UsageError(f"app.uploads: {path} is not in {app.source}", hint="Build it first, or take it out.")


def who() -> str:
    """Who runs this, for locks and history: user@machine."""
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
