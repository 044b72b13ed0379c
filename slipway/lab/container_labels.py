"""Labels a lab's containers, so that they are found even without the state file.

After a damaged file, or an `up` that was killed half-way, the next `up` or `down` finds everything by these labels.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

from .engine import PAUSED, RUNNING, STOPPED, UNFINISHED, Found, Lab
from .host_addresses import HostAddress
from .run_program import run

LAB = "slipway.lab"
HOST = "slipway.host"
TRIES = 5  # another lab may remove its containers between the question which there are and what they are
STATES = MappingProxyType(
    {"running": RUNNING, "paused": PAUSED, "created": UNFINISHED, "configured": UNFINISHED, "initialized": UNFINISHED}
)


class Runner(Protocol):
    """A container engine's command line."""

    def argv(self, *words: str) -> list[str]:
        """A command line of this engine."""


def labels(lab: Lab, name: str, endpoint: HostAddress) -> dict[str, str]:
    """The labels of a host's container."""
    place = {"slipway.address": endpoint.address, "slipway.ssh": str(endpoint.ssh), "slipway.http": str(endpoint.http)}
    return {LAB: lab.id, HOST: name, **place}


def endpoint_of(labelled: Mapping[str, str]) -> HostAddress:
    """The address and ports that a host's labels name."""
    return HostAddress(labelled["slipway.address"], int(labelled["slipway.ssh"]), int(labelled["slipway.http"]))


def inspect(engine: Runner, label: str) -> list[dict[str, Any]]:
    """The containers that carry a label (`name` or `name=value`), running or not, as the engine describes them."""
    rows: list[dict[str, Any]] = []
    for _ in range(TRIES):
        ids = run(engine.argv("ps", "-a", "-q", "--no-trunc", "--filter", f"label={label}"), timeout=30)
        if not ids.ok or not ids.text:
            return []
        answer = run(engine.argv("inspect", "--type", "container", *ids.text.split()), timeout=30)
        rows = json.loads(answer.stdout or b"[]")
        if answer.ok:
            break
    return rows


def hosts(containers: list[dict[str, Any]]) -> list[Found]:
    """The hosts among described containers; what a build or a probe left behind is none."""
    found: list[Found] = []
    for container in containers:
        labelled: dict[str, str] = container["Config"]["Labels"]
        if HOST in labelled:
            state = STATES.get(container["State"]["Status"], STOPPED)
            found.append(Found(labelled[HOST], endpoint_of(labelled), state, container["Name"].lstrip("/")))
    return sorted(found, key=lambda host: (len(host.name), host.name))
