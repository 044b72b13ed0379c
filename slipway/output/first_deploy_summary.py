"""Sums up in a few lines what was found out about an app, for its first deploy."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from slipway.core.printable import clean
from slipway.output.quantities import plural

if TYPE_CHECKING:
    from slipway.operations.describe_app import AppDescription, State

SHOWN = ("kind", "entry point", "server", "web side", "python", "dependencies", "processes", "database", "health check")


def first_deploy(about: AppDescription) -> list[str]:
    """What the app is taken for, and how its variables stand; `fab detect` has all of it."""
    facts = [f"{name} {about.detected[name]}" for name in SHOWN if name in about.detected]
    lines = [f"first deploy of {about.app}: {clean('; '.join(facts))}"]
    counts = Counter(one.state for one in about.variables)
    words: dict[State, str] = {
        "set": "set",
        "default": "left to defaults",
        "perhaps": "perhaps needed",
        "unfit": "unfit for visitors",
    }
    parts = [f"{counts[state]} {word}" for state, word in words.items() if counts[state]]
    if parts:
        lines.append(f"  reads {plural(len(about.variables), 'variable')}: {', '.join(parts)}")
    lines.append("  `fab detect` shows all of it, and what the inventory lacks")
    return lines
