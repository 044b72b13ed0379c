"""Makes an instance of redis or memcached for the app alone."""

from __future__ import annotations

import json
import re

from slipway.core.shell import sh
from slipway.model.service_binding import redis_verifier
from slipway.model.step import Step
from slipway.provision.services.target import CONFIGURATION, ServiceSite
from slipway.render.templates import render

UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}.items()
MEMCACHED_SIZE = 64  # MiB, as memcached itself has it


def cache(site: ServiceSite) -> Step:
    """See `slipway.remote.services.setup_cache`."""
    service, instance = site.service, site.instance
    distant = bool(site.clients or site.keep)
    known = {"app": site.app, "service": service, "instance": instance}
    known |= {
        "account": site.account,
        "addresses": [site.address] if distant else [],
        "config": str(CONFIGURATION / f"{instance}.conf"),
        "megabytes": megabytes(service.memory) or MEMCACHED_SIZE,
    }
    redis = service.kind == "redis"
    options = {
        "service": service.name,
        "kind": service.kind,
        "account": site.account if redis else "",
        "unit": f"{instance}.service",
        "folder": str(CONFIGURATION),
        "configuration": render("redis.conf.j2", folder=site.templates, **known) if redis else "",
        "unit_text": render(f"{service.kind}.service.j2", folder=site.templates, **known),
        "clients": dict(site.clients),
        "keep": list(site.keep),
        "unsure": list(site.unsure),
        "restart": site.restart,
    }
    verifier = redis_verifier(site.password.reveal()) if site.password else ""
    words = sh("{{options}}", options=json.dumps(options, sort_keys=True))
    return site.step("services.setup_cache", words, verifier)


def megabytes(size: str) -> int:
    """A size in whole MiB."""
    found = re.fullmatch(r"(\d+)([kmg]?)", size.lower())
    return max(1, int(found[1]) * dict(UNITS)[found[2]] >> 20) if found else 0
