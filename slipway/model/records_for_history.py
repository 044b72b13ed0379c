"""Adds to what the histories of hosts will say of an operation."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from slipway.model.step import Plan


def with_records(plan: Plan, more: Mapping[str, Mapping[str, object]]) -> Plan:
    """The same plan, whose records say more; by the host's name."""
    records = {
        name: replace(record, facts={**record.facts, **more.get(name, {})}) for name, record in plan.records.items()
    }
    return replace(plan, records=records)
