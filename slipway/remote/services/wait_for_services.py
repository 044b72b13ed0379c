"""Wait until all services of the app serve, as the app's user; say which one is missing.

Options:
    services: what there is to wait for: "service", "kind", "host", "port", "user", "name", "tls", and "wait", seconds.
"""

from __future__ import annotations

import time

from slipway.remote.host.program_io import Failed, run, say
from slipway.remote.services.ask_service import NotReady, Refuses, answer_of, place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SERVICE_PAUSE = 0.5  # seconds between two tries
SERVICE_TIMEOUT = 5.0  # seconds for one


def main(options: dict[str, Any]) -> None:
    """Ask one service after another; their time runs at once."""
    begun = time.monotonic()
    missing = [told for service in options["services"] if (told := awaited(service, begun + service["wait"]))]
    if missing:
        raise Failed("; ".join(missing))


def awaited(service: dict[str, Any], deadline: float) -> str:
    """Return nothing once a service serves, else what is wrong with it."""
    name = f"the service {service['service']} ({service['kind']} at {place_of(service)})"
    told = False
    while True:
        left = deadline - time.monotonic()
        try:
            answer_of(service, max(0.5, min(left, SERVICE_TIMEOUT)))
        except Refuses as error:
            return f"{name} refuses the app: {error}"
        except NotReady as error:
            if left <= SERVICE_PAUSE:
                return f"{name} did not answer within {service['wait']} s: {error}"
            if not told:
                say(f"waiting for {name}: {error}")
                told = True
            time.sleep(SERVICE_PAUSE)
        else:
            return ""


if __name__ == "__main__":
    run(main)
