"""Finds out where the services answer that a host's app will use, once its environment is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.env.sources import Wanted
from slipway.model.stored_overrides import Overrides, environment

if TYPE_CHECKING:
    from slipway.model.service_binding import Endpoint


def service_endpoints(wanted: Wanted, overrides: Overrides) -> tuple[Endpoint, ...]:
    """Where the services answer; a URL that a person has set on the hosts wins."""
    if not wanted.services:
        return ()
    from slipway.model.service_binding import endpoints

    values = environment(wanted, overrides)
    whole = {one.service: name for name, one in wanted.bound.items() if one.part == "url"}
    services = [
        one._replace(given=whole[one.service]) if whole.get(one.service) in overrides.env else one
        for one in wanted.services
    ]
    return endpoints(services, overrides.services, values)
