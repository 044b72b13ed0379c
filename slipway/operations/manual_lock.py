"""Defines the plans of `fab lock` and `fab unlock`: one phase each."""

from __future__ import annotations

from collections.abc import Sequence

from slipway.inventory import Host
from slipway.model.hosts_to_targets import layout_of
from slipway.model.step import Phase, Plan
from slipway.steps import manual_lock


def lock(hosts: Sequence[Host], who: str, since: str, message: str) -> Plan:
    """Lock the app on every host."""
    steps = {host.name: (manual_lock.put(host, layout_of(host), who, since, message),) for host in hosts}
    return Plan("lock", (Phase("lock", "Lock the app", steps),), together=False)


def unlock(hosts: Sequence[Host]) -> Plan:
    """Unlock the app on every host."""
    steps = {host.name: (manual_lock.take(host, layout_of(host)),) for host in hosts}
    return Plan("unlock", (Phase("unlock", "Unlock the app", steps),), together=False)
