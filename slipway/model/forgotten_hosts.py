"""Hosts that others have been deployed to with, and that the inventory has no longer."""

from __future__ import annotations

import re
from collections.abc import Iterable

from slipway.inventory import Host

FACT = "fleet"  # what a host tells, see `slipway.steps.fleet_members`
MEMBER = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,62})=([A-Za-z0-9_.:%-]{1,255})")


def forgotten(told: Iterable[str], inventory: Iterable[Host]) -> list[str]:
    """Hosts that others have been deployed to with, and that the inventory has neither by name nor by address.

    Args:
        told: what hosts report as `fleet`.
    """
    hosts = list(inventory)
    names, addresses = {host.name for host in hosts}, {host.target for host in hosts}
    found = (match for words in told for word in words.split() if (match := MEMBER.fullmatch(word)))
    return sorted(
        {
            name
            for name, address in (match.groups() for match in found)
            if name not in names and address not in addresses
        }
    )


def about(name: str) -> str:
    """What people should know of such a host."""
    return (
        f"{name} has been deployed to, and is not in the inventory: it may still serve what it has. Name it there "
        f"again and run `fab destroy --hosts={name}`; if the machine is gone, `fab destroy --gone={name}` forgets it"
    )
