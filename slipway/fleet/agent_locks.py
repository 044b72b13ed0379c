"""What an agent holds for each kind of operation."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone

from slipway.fleet.agent_session import Grip
from slipway.inventory import Host
from slipway.model.target import layout_of, who


def deploying(operation: str) -> Callable[[Host], Grip]:
    """The app's lock, and the journal that the agent runs if we are lost."""
    owner = _owner(operation)

    def grip(host: Host) -> Grip:
        layout = layout_of(host)
        return Grip(lock=str(layout.lock), undo=str(layout.undo), current=str(layout.current), owner=owner)

    return grip


def maintaining(operation: str) -> Callable[[Host], Grip]:
    """The same of maintenance, which a deploy does not keep waiting."""
    owner = _owner(operation)

    def grip(host: Host) -> Grip:
        layout = layout_of(host)
        return Grip(lock=str(layout.closed.lock), undo=str(layout.closed.undo), owner=owner)

    return grip


def running(task: str) -> Callable[[Host], Grip]:
    """What the agent writes into the history if we are lost, see `slipway.steps.run_command.run`."""

    def grip(host: Host) -> Grip:
        return Grip(undo=str(layout_of(host).lost(task)))

    return grip


def _owner(operation: str) -> str:
    since = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    return json.dumps({"who": who(), "since": since, "operation": operation})


def provisioning(host: Host) -> Grip:
    """Root, where the host has one; no lock, since the app's folder may not be there yet."""
    return Grip(root=not host.rootless)


def looking(host: Host) -> Grip:
    """Nothing: for what changes nothing."""
    return Grip()
