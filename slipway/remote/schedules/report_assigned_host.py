"""Tell which host runs the schedules, as this host knows it.

Options:
    base: the app's folder.

Fact: `assigned`, see `assigned_host`; null if this host knows of no decision.
"""

from __future__ import annotations

from slipway.remote.host.program_io import fact, run
from slipway.remote.schedules.assigned_host import assigned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Read and tell."""
    fact("assigned", assigned(options["base"]))


if __name__ == "__main__":
    run(main)
