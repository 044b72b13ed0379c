"""Read the name of the distribution from the name of a wheel's file."""

from __future__ import annotations

import re

WHEEL = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.]*)-[A-Za-z0-9_.!+-]+\.whl")


def wheel_name(file: str) -> str | None:
    """Return the name as indexes have it (PEP 503); None if the file's name is not that of a wheel."""
    match = WHEEL.fullmatch(file)
    return re.sub(r"[-_.]+", "-", match[1]).lower() if match else None
