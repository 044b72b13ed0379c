"""Makes the services of an app on their host: installs Debian's packages, and makes what the app owns there."""

from __future__ import annotations

from slipway.model.step import Step
from slipway.provision.services.cache import cache
from slipway.provision.services.packages import service_packages
from slipway.provision.services.postgres import postgres
from slipway.provision.services.target import ServiceSite

__all__ = ["ServiceSite", "service_steps"]


def service_steps(sites: list[ServiceSite]) -> tuple[Step, ...]:
    """All steps for the services of one fleet on one host, in their order; to be run as root."""
    makes = {"postgres": postgres, "redis": cache, "memcached": cache}
    return (service_packages(sites), *(makes[site.service.kind](site) for site in sites))
