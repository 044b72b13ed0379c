"""Chooses the agent's options for each kind of operation: its lock, and the journal that it runs if we are lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone

from slipway.fleet.agent_session import AgentOptions
from slipway.inventory import Host
from slipway.model.hosts_to_targets import layout_of, who


def deploying(operation: str) -> Callable[[Host], AgentOptions]:
    """The app's lock, and the journal that the agent runs if we are lost."""
    owner = _owner(operation)

    def options(host: Host) -> AgentOptions:
        layout = layout_of(host)
        return AgentOptions(lock=str(layout.lock), undo=str(layout.undo), current=str(layout.current), owner=owner)

    return options


def maintaining(operation: str) -> Callable[[Host], AgentOptions]:
    """The same of maintenance, which a deploy does not keep waiting."""
    owner = _owner(operation)

    def options(host: Host) -> AgentOptions:
        layout = layout_of(host)
        return AgentOptions(lock=str(layout.maintenance.lock), undo=str(layout.maintenance.undo), owner=owner)

    return options


def running(task: str) -> Callable[[Host], AgentOptions]:
    """What the agent writes into the history if we are lost, see `slipway.steps.oneoff_tasks.run`."""

    def options(host: Host) -> AgentOptions:
        return AgentOptions(undo=str(layout_of(host).lost(task)))

    return options


def _owner(operation: str) -> str:
    since = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    return json.dumps({"who": who(), "since": since, "operation": operation})


def provisioning(operation: str) -> Callable[[Host], AgentOptions]:
    """Root, where the host has one; and the app's lock, where the app has been there before."""
    owner = _owner(operation)

    def options(host: Host) -> AgentOptions:
        return AgentOptions(root=not host.rootless, lock=str(layout_of(host).lock), owner=owner, login=host.user)

    return options


def provisioning_services(host: Host) -> AgentOptions:
    """Root; the host may not have the app whose lock could be taken, and statements of a database are whole or none."""
    return AgentOptions(root=True)


def looking(host: Host) -> AgentOptions:
    """Nothing: for what changes nothing."""
    return AgentOptions()
