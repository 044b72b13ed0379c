"""Decides at the end of each deploy which host runs the schedules, and tells the hosts."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from .common import connected

if TYPE_CHECKING:
    from slipway.fleet.run_plan import Fleet
    from slipway.inventory import Host, Inventory
    from slipway.model.outcome import Outcome
    from slipway.model.schedule_host import ScheduleDecision
    from slipway.model.step import Phase


def assign_schedules(
    fleet: Fleet, inventory: Inventory, hosts: list[Host], missing: Collection[str]
) -> dict[str, list[str]]:
    """See that exactly one host of each fleet runs the schedules.

    Args:
        fleet: connected to `hosts`, which have been deployed to.
        missing: hosts that were left out.

    Returns:
        What people should know, by host.
    """
    notes: dict[str, list[str]] = {}
    if not any(host.app.enabled_schedules for host in hosts):
        return notes
    from slipway.inventory.warning_names import named
    from slipway.model.hosts_to_targets import who
    from slipway.model.schedule_host import decide, fleets
    from slipway.operations import processes

    found = _records(fleet.run(processes.assignments(hosts)))
    for group in fleets(list(inventory.hosts.values())):
        records = {host.name: found[host.name] for host in group if host.name in found}
        decision = decide(group, records, missing, time.time(), who())
        told = [host for host in hosts if host.name in decision.tell]
        if decision.record is None or not told:
            continue
        record, note = _relieve(decision)
        outcome = fleet.run(processes.assign(told, record))
        if note:
            notes.setdefault(told[0].name, []).append(named("schedules-host", note))
        for name in (name for name in decision.tell if outcome.hosts[name].state != "ok"):
            notes.setdefault(name, []).append("could not be told who runs the schedules; the next deploy does it")
    return notes


def rehearsal(inventory: Inventory, hosts: list[Host]) -> tuple[Phase, ...]:
    """What `assign_schedules` would do if no host knew yet who runs the schedules, for `--dry`."""
    if not any(host.app.enabled_schedules for host in hosts):
        return ()
    from slipway.model.hosts_to_targets import who
    from slipway.model.schedule_host import decide, fleets
    from slipway.operations import processes

    phases = processes.assignments(hosts).phases
    for group in fleets(list(inventory.hosts.values())):
        decision = decide(group, {host.name: None for host in group if host in hosts}, (), time.time(), who())
        if decision.record:
            phases += processes.assign([host for host in hosts if host.name in decision.tell], decision.record).phases
    return phases


def _records(outcome: Outcome) -> dict[str, Any]:
    from slipway.model.check_host_facts import json_fact
    from slipway.model.schedule_host import valid

    return {
        name: valid(json_fact(host, "assigned")) for name, host in outcome.hosts.items() if "assigned" in host.facts
    }


def _relieve(decision: ScheduleDecision) -> tuple[Mapping[str, Any], str]:
    """Say what to do about a host that is not in the inventory any more, and may still run the schedules.

    Its address is known from records of hosts alone, and nothing that hosts say decides where we log in.
    """
    assert decision.record is not None
    if decision.left is None:
        return decision.record, decision.note
    advice = f"{decision.note}, which is not in the inventory any more: see that the app does not run there"
    return {**decision.record, "from": 0, "before": None}, advice


def correct_stale_hosts(inventory: Inventory, hosts: list[Host], known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Tell hosts that run the schedules by an old decision of the new one; return what is, or was, wrong.

    Args:
        known: what each host knows, see `slipway.remote.schedules.list`.
    """
    troubles: list[str] = []
    if not known:
        return troubles
    from slipway.fleet.agent_options import looking
    from slipway.model.schedule_host import fleets, newest, stale, valid
    from slipway.operations import processes

    for group in fleets(list(inventory.hosts.values())):
        records = {host.name: valid(known[host.name]["assigned"]) for host in group if host.name in known}
        last = newest(records.values())
        if last is None:
            continue
        if any(host.name == last["host"] for host in hosts) and last["host"] not in known:
            troubles.append(
                f"{last['host']} is to run them, and cannot be asked: if it is down, nobody does. "
                "`fab deploy --skip-unreachable` gives them to another host."
            )
        old = [host for host in group if host.name in stale(records)]
        if old:
            with connected(old, looking, quiet=True) as fleet:
                told = fleet.run(processes.assign(old, last))
            for host in old:
                done = told.hosts[host.name].state == "ok"
                troubles.append(
                    f"{host.name} ran them too, by an old decision; {last['host']} does since. "
                    + ("It has been told." if done else "It could not be told.")
                )
    return troubles
