"""Walks through the packages of a lock file: which are needed, and by which markers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

Condition = frozenset[str]  # markers that all have to hold; empty: always


class Edge(NamedTuple):
    """A dependency: on what, when, with which extras; an optional one counts only if an extra asks for it."""

    name: str
    marker: str = ""
    extras: tuple[str, ...] = ()
    optional: bool = False


class Node(NamedTuple):
    """A package: what it depends on, and the names that each of its extras brings."""

    edges: tuple[Edge, ...]
    extras: Mapping[str, list[str]] = {}


def reached(nodes: Mapping[str, Node], roots: Iterable[Edge]) -> dict[str, str]:
    """By name, the marker under which each package is needed; empty: always."""
    found: dict[str, set[Condition]] = {}
    waiting: list[tuple[Edge, Condition]] = [(edge, frozenset()) for edge in roots]
    seen: set[tuple[str, Condition, tuple[str, ...]]] = set()
    while waiting:
        edge, condition = waiting.pop()
        node = nodes.get(edge.name)
        condition = condition | ({edge.marker} if edge.marker else set())
        if node is None or (edge.name, condition, edge.extras) in seen:
            continue
        seen.add((edge.name, condition, edge.extras))
        found.setdefault(edge.name, set()).add(condition)
        asked = {name for extra in edge.extras for name in node.extras.get(extra, [])}
        waiting += [(more, condition) for more in node.edges if not more.optional or more.name in asked]
    return {name: _marker(conditions) for name, conditions in found.items()}


def _marker(conditions: set[Condition]) -> str:
    """One marker for alternatives, without those that a weaker one covers."""
    needed = [one for one in conditions if not any(other < one for other in conditions)]
    if frozenset() in needed:
        return ""
    parts = sorted(" and ".join(f"({marker})" for marker in sorted(one)) for one in needed)
    return parts[0] if len(parts) == 1 else " or ".join(f"({part})" for part in parts)
