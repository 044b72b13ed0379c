"""Shows the services of the app for `fab status`: which serve, in which version, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slipway.output.colours import Style
from slipway.output.table import Cell, Column, table

Services = Sequence[Mapping[str, Any]]
COLUMNS = (Column("service"), Column("state"), Column("version"), Column("where", shrinks=True), Column("seen from"))


def services_table(each: Mapping[str, Services], style: Style, width: int | None) -> list[str]:
    """A line for each service, and for each answer where hosts see different ones; nothing if there is none.

    Args:
        each: what every host reports.
    """
    groups: dict[tuple[str, str, str, str, bool], list[str]] = {}
    for host, services in each.items():
        for one in services:
            key = (str(one["service"]), str(one["kind"]), str(one["version"]), str(one["place"]), bool(one["up"]))
            groups.setdefault(key, []).append(host)
    lines: list[list[Cell]] = [
        [
            service,
            ("up", "green") if up else ("down", "bold red"),
            f"{kind} {version}".strip(),
            place,
            ", ".join(hosts),
        ]
        for (service, kind, version, place, up), hosts in groups.items()
    ]
    return ["", *table(COLUMNS, lines, style=style, width=width)] if lines else []


def service_troubles(services: Services) -> Iterator[str]:
    """Which of them do not serve."""
    for one in services:
        if not one["up"]:
            yield f"the service {one['service']} ({one['kind']} at {one['place']}) does not serve: {one['why']}"
