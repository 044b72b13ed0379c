"""Makes the app's account and database in PostgreSQL, and has the server take the app's hosts and nobody else."""

from __future__ import annotations

import json

from slipway.core.shell import sh
from slipway.model.service_binding import scram_verifier
from slipway.model.step import Step
from slipway.provision.services.target import ServiceSite


def postgres(site: ServiceSite) -> Step:
    """See `slipway.remote.services.setup_postgres`."""
    service = site.service
    options = {
        "service": service.name,
        "version": service.version,
        "database": service.database,
        "account": service.account,
        "comment": f"Slipway app {site.app.name}",
        "local": service.local,
        "clients": dict(site.clients),
        "keep": list(site.keep),
        "unsure": list(site.unsure),
        "address": site.address,
        "extensions": list(service.extensions),
        "max_connections": service.max_connections,
        "alone": not site.host.runs_app,
        "restart": site.restart,
    }
    verifier = scram_verifier(site.password.reveal(), service.account) if site.password else ""
    words = sh("{{options}}", options=json.dumps(options, sort_keys=True))
    return site.step("services.setup_postgres", words, verifier)
