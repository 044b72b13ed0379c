"""Compare what nginx serves for the app with what the inventory names."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FIRST_LINE = re.compile(r"# serves: https (yes|tls|no), ports ([0-9 ]+), names (.+)")


def differences(now: str, wanted: str) -> tuple[list[str], list[str]]:
    """Return what a site serves beyond what is wanted, and what it lacks of that; nothing where it does not tell.

    Args:
        now, wanted: first lines of sites.
    """
    is_, shall = served(now), served(wanted)
    if is_ is None or shall is None:
        return [], []
    return [one for one in is_ if one not in shall], [one for one in shall if one not in is_]


def served(line: str) -> list[str] | None:
    """Return the names, ports and kinds that a first line tells."""
    match: Any = FIRST_LINE.fullmatch(line.strip())
    if not match:
        return None
    https, ports, names = match.groups()
    kinds = {"yes": ["https"], "tls": ["TLS"]}.get(https, [])
    return [*names.split(), *(f"port {port}" for port in ports.split()), *kinds]
