"""Defines the plans that read the settings of what runs, and store those for the first release: one phase each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slipway.inventory import Host
from slipway.model.hosts_to_targets import layout_of
from slipway.model.step import Phase, Plan, Record
from slipway.steps import stored_overrides


def read(hosts: Sequence[Host], together: bool = False) -> Plan:
    """Read the settings of what runs on every host: environment, scale, and what is kept there."""
    steps = {host.name: (stored_overrides.look(host, layout_of(host)),) for host in hosts}
    return Plan("env", (Phase("look", "Look at the settings", steps, early=True),), together)


def keep_first(contents: Mapping[Host, bytes], told: Mapping[str, object]) -> Plan:
    """Keep settings for the first release of hosts that have none yet."""
    steps = {host.name: (stored_overrides.write_first(layout_of(host), content),) for host, content in contents.items()}
    records = {host.name: Record(layout_of(host).history, told) for host in contents}
    return Plan("env", (Phase("keep", "Keep the settings", steps),), records=records)
