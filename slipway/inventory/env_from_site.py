"""Hands the site's domains and address to the app under the names that it reads: `SITE_URL = { url = true }`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from slipway.env.dotenv import Secret
from slipway.env.sources import Value

from .describe_problem import Place, convert
from .host import Host
from .schema import EnvDomain, EnvDomains, EnvOrigins, EnvUrl

JSON = "json"


class SiteValue(NamedTuple):
    """What an environment variable is to say of the site.

    Attributes:
        given: the table as it stands in the inventory, checked.
    """

    given: EnvDomain | EnvDomains | EnvOrigins | EnvUrl

    def text(self, host: Host) -> str:
        """The value on one host."""
        given = self.given
        if isinstance(given, EnvDomains):
            return _joined([_as_django_has_it(domain) for domain in _domains(host)], given.domains)
        if isinstance(given, EnvOrigins):
            return _joined([host.origin(domain) for domain in _domains(host)], given.origins)
        if isinstance(given, EnvDomain):
            return host.site
        return host.origin(host.site) + (given.url if isinstance(given.url, str) else "")


def site_value(place: Place, table: dict[str, Any]) -> SiteValue | None:
    """What a table of an environment asks for; None if that is something else."""
    if "domains" in table:
        return SiteValue(convert(table, EnvDomains, place))
    if "origins" in table:
        return SiteValue(convert(table, EnvOrigins, place))
    for key in ("domain", "url"):
        if table.get(key) is False:
            raise (place / key).error("must be true; to have no such variable, leave it out")
    if "domain" in table:
        return SiteValue(convert(table, EnvDomain, place))
    if "url" in table:
        return SiteValue(convert(table, EnvUrl, place))
    return None


def resolved(env: Mapping[str, Value | SiteValue], host: Host) -> dict[str, Value]:
    """An environment with what the host's site is called."""
    return {name: Secret(value.text(host)) if isinstance(value, SiteValue) else value for name, value in env.items()}


def _domains(host: Host) -> tuple[str, ...]:
    return host.app.domains or (host.site,)


def _as_django_has_it(domain: str) -> str:
    """`.example.org` for `*.example.org`: ALLOWED_HOSTS knows no other form."""
    return domain.removeprefix("*")


def _joined(texts: list[str], separator: str) -> str:
    return json.dumps(texts) if separator == JSON else separator.join(texts)
