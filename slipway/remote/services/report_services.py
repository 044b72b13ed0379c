"""Report whether the services of the app serve, as the app's user.

Options:
    file: what the release wrote of its services, see `wait_for_services`. timeout: seconds for each of them.

Facts: `services` [{"service", "kind", "place", "up", "why", "version"}].
"""

from __future__ import annotations

import json

from slipway.remote.host.program_io import fact, run
from slipway.remote.services.ask_service import NotReady, Refuses, answer_of, place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Ask each of them once."""
    with open(options["file"], encoding="utf-8") as file:
        services = json.load(file)
    fact("services", [looked_at(service, options["timeout"]) for service in services])


def looked_at(service: dict[str, Any], timeout: float) -> dict[str, Any]:
    """Return what became of one question."""
    found = {"service": service["service"], "kind": service["kind"], "place": place_of(service)}
    try:
        version = answer_of(service, timeout)
    except (NotReady, Refuses) as error:
        return {**found, "up": False, "why": str(error), "version": service["version"]}
    return {**found, "up": True, "why": "", "version": version or service["version"]}


if __name__ == "__main__":
    run(main)
