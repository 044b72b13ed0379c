"""Finds out which hosts belong together: a fleet runs the same app with the same settings and services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def fleets(groups: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Which hosts keep the same settings: those that share a group, be it through other hosts.

    Staging and production are different groups, and one must not give its settings to the other because somebody has
    deployed to both at once.

    Args:
        groups: the groups of each host by its name.
    """
    found: list[tuple[set[str], list[str]]] = []
    for host, names in groups.items():
        mine, hosts = set(names), [host]
        for other in [each for each in found if each[0] & mine]:
            found.remove(other)
            mine, hosts = mine | other[0], [*other[1], *hosts]
        found.append((mine, hosts))
    return [[host for host in groups if host in hosts] for _, hosts in found]
