"""Waits for the app's services at a deploy, keeps how a host reaches them, and looks at them for `fab status`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec.structs import asdict

from slipway.core.shell import Script, join, put_file, sh
from slipway.inventory import Host
from slipway.inventory.app import WEB
from slipway.model.layout import Layout
from slipway.model.step import Step, Target
from slipway.steps.common import as_user_of, from_app, remote
from slipway.steps.server_command import runs_gunicorn
from slipway.steps.stored_overrides import report_services

FILE = "services.json"
FACT = "services"
TIMEOUT = 2.0  # seconds that status gives each of them
SPARE = 6  # connections: three that PostgreSQL keeps for its superuser, a migration, a task and a shell


def wait(target: Target) -> Step:
    """Wait until all services serve, before anything is begun; say which one is missing."""
    if not target.services:
        return Step("services", "wait for the services", Script(""))
    patience = {service.name: service.wait for service in target.host.services}
    told = [{**asdict(one), "wait": patience.get(one.service, 30)} for one in target.services if one.known]
    interpreter = sh("{{user}} python3 -I", user=as_user_of(target.host))
    waiting = from_app(interpreter, "services.wait_for_services", {"services": told})
    return Step("services", "wait for the services", join([_exhausted(target), waiting]))


def _exhausted(target: Target) -> Script:
    """Say it before the app's processes take more connections than a database has."""
    web = target.app.gunicorn.workers * (target.app.gunicorn.threads or 1) if runs_gunicorn(target.app) else 0
    others = sum(process.count for name, process in target.app.workers.items() if name != WEB)
    each = (web if target.app.web else 0) + others
    twins = max(1, target.fleet_size)
    most = [one for one in target.services if one.kind == "postgres" and one.max_connections]
    return join(
        sh(
            "note database-connections {{text}}",
            text=f"while the old and the new release both run, the app may want {2 * each * twins} connections of "
            f"{one.service}, and its server has {one.max_connections - SPARE} to give: fewer workers, or "
            f"max_connections in [services.{one.service}]",
        )
        for one in most
        if target.leader and 2 * each * twins > one.max_connections - SPARE
    )


def keep_places(target: Target) -> Step:
    """Write where the services of the release are into its conf/; there is no secret in it."""
    if not target.services:
        return Step("service-places", "note where the services are", Script(""))
    text = json.dumps([asdict(one) for one in target.services if one.known], sort_keys=True)
    return Step("service-places", "note where the services are", put_file(target.paths.conf / FILE, f"{text}\n"))


def look(host: Host, layout: Layout) -> Script:
    """Report the fact `services`, if what runs has any; nothing where the inventory has none."""
    if not host.services:
        return Script("")
    file = layout.current / "conf" / FILE
    options = {"file": str(file), "timeout": TIMEOUT}
    interpreter = sh("{{user}} python3 -I", user=as_user_of(host))
    return sh(
        "if [[ -e {{file}} ]]; then\n{{look}}\nfi",
        file=file,
        look=from_app(interpreter, "services.report_services", options, **{FACT: "list"}),
    )


def own_address(wanted: str) -> Step:
    """Report the fact `address`, see `slipway.remote.services.own_address`."""
    options = {"wanted": wanted, "towards": {}}
    return Step("address", "look for the address of the host", remote("services.own_address", options))


def look_at_user(layout: Layout, towards: Mapping[str, str]) -> Step:
    """Report how the app's host reaches its services now, and the fact `sources`: from where it would reach them."""
    options = {"wanted": None, "towards": dict(towards)}
    ask = remote("services.own_address", options) if towards else Script("")
    return Step("services", "look at the services that are known", join([report_services(layout), ask]))


def keep(layout: Layout, bindings: bytes, certificates: dict[str, str]) -> Step:
    """Keep how this host reaches its services; what is new there is for the next deploy to take up.

    Args:
        certificates: by which the app knows servers, by the name of the service.
    """
    files = join(
        sh(
            "[[ -e {{path}} && $(< {{path}}) == {{text}} ]] || { {{write}}; fact changed {{what}}; }",
            path=layout.certificate(name),
            text=text.strip(),
            write=put_file(layout.certificate(name), f"{text.strip()}\n"),
            what=f"certificate of the service {name}",
        )
        for name, text in sorted(certificates.items())
    )
    script = sh(
        """
{{files}}
new=$(take)
if [[ ! -e {{path}} || $(< {{path}}) != "$new" ]]; then
  (umask 077; printf '%s\\n' "$new" > {{path}}.new)
  mv -fT {{path}}.new {{path}}
  rm -f {{fingerprint}}
  fact changed "how the app reaches its services (the next deploy uses it)"
fi""",
        files=files,
        path=layout.services,
        fingerprint=layout.current / "conf" / "fingerprint",
    )
    return Step("services", "keep how the app reaches its services", script, lambda _: bindings)
