"""Plans operations on running processes: restart, stop, start, ps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slipway.inventory import Host
from slipway.model.hosts_to_targets import layout_of
from slipway.model.restart_target import RunningRelease
from slipway.model.step import Phase, Plan
from slipway.operations.same_steps_on_each_host import phase, phases
from slipway.steps import (
    boot_and_switch,
    how_to_revert,
    report_status,
    restart_processes,
    revert_journal,
    schedule_host,
    stop_and_start_processes,
)


def ps(hosts: Sequence[Host]) -> Plan:
    """Look at the processes of every host, each for itself."""
    steps = {host.name: (report_status.processes(host, layout_of(host)),) for host in hosts}
    return Plan("ps", (Phase("look", "Look at the processes", steps, early=True),), together=False)


def assignments(hosts: Sequence[Host]) -> Plan:
    """Ask every host who runs the schedules."""
    steps = {host.name: (schedule_host.look(layout_of(host)),) for host in hosts}
    return Plan("schedules", (Phase("look", "See who runs the schedules", steps),), together=False)


def assign(hosts: Sequence[Host], record: Mapping[str, Any]) -> Plan:
    """Tell hosts who runs the schedules from now on."""
    steps = {host.name: (schedule_host.assign(host, layout_of(host), record),) for host in hosts}
    return Plan("schedules", (Phase("assign", "Say who runs the schedules", steps),), together=False)


def look_at_current(hosts: Sequence[Host], operation: str) -> Plan:
    """Find out which release runs on each host."""
    steps = {host.name: (restart_processes.look(host, layout_of(host)),) for host in hosts}
    return Plan(operation, (Phase("survey", "Look at the hosts", steps, early=True),))


def restart(places: Sequence[RunningRelease]) -> Plan:
    """Boot processes of the current releases once more, and switch to them on all hosts or on none."""
    return Plan(
        "restart",
        phases(
            phase("boot", "Boot and check", places, how_to_revert.of_restart, restart_processes.boot),
            phase(
                "switch", "Switch", places,
                restart_processes.switch, restart_processes.verify, restart_processes.others,
                restart_processes.ask_health_command,
            ),
            phase("commit", "Commit", places, revert_journal.close, now=True),
            phase(
                "finish", "Finish", places,
                restart_processes.conclude, boot_and_switch.retire, revert_journal.forget, final=True,
            ),
        ),
        records={place.host.name: restart_processes.history(place) for place in places},
    )  # fmt: skip


def stop(places: Sequence[RunningRelease]) -> Plan:
    """Stop processes on every host, each for itself, and wait until they have ended."""
    steps = {place.host.name: (stop_and_start_processes.stop(place),) for place in places}
    records = {place.host.name: restart_processes.history(place) for place in places}
    return Plan("stop", (Phase("stop", "Stop processes", steps),), together=False, records=records)


def start(places: Sequence[RunningRelease]) -> Plan:
    """Start processes on every host, each for itself."""
    steps = {place.host.name: (stop_and_start_processes.start(place),) for place in places}
    records = {place.host.name: restart_processes.history(place) for place in places}
    return Plan("start", (Phase("start", "Start processes", steps),), together=False, records=records)
