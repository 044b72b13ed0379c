"""Reports the state of the app on a host, for `fab status` and `fab ps`."""

from __future__ import annotations

from pathlib import Path

from slipway.core.shell import join, sh
from slipway.inventory import Host
from slipway.model.layout import Layout
from slipway.model.step import Step
from slipway.model.tls_layout import TlsPaths
from slipway.remote.host.nginx_site_current import digest
from slipway.render.nginx_site import address_on_host, first_line, nginx_site, server_names
from slipway.render.site_fits_release import installed_site
from slipway.steps import services
from slipway.steps.common import NOT_YET, as_user_of, from_app, health_question, remote

SAMPLE = 0.5  # seconds over which the use of the processor is measured


def look(host: Host, layout: Layout, templates: Path | None = None) -> Step:
    """Report the fact `state`, see `slipway.remote.host.status`.

    Args:
        templates: the user's own templates, for the site that provision would write.
    """
    address, port = address_on_host(host.app, host)
    question = health_question(host)
    options = {
        **question,
        "address": address,
        "port": port,
        "pass": str(layout.maintenance.words),
        "names": [name for name in host.app.domains if not name.startswith("*") and name != question["host"]],
        "site": site(host, layout, templates) if host.app.web else None,
        "tls": served(host, layout) if host.app.ends_tls else None,
        "site_path": str(installed_site(host, layout)),
        "remedy": f"`fab provision --hosts={host.name}`",
        "supervisor": str(layout.supervisor_socket),
        "base": str(layout.base),
        "timeout": 5,
    }
    return Step("state", "look at the app", join([remote("host.status", options), services.look(host, layout)]))


def site(host: Host, layout: Layout, templates: Path | None) -> dict[str, str]:
    """The site that nginx should have, see `slipway.remote.host.nginx_site_current`."""
    own = layout.tools.parent / "nginx"  # of a rootless account
    return {
        "path": str(installed_site(host, layout)),
        "digest": digest(nginx_site(host.app, host, layout, templates)),
        "serves": first_line(host.app, host),
        "pid_file": str(own / "nginx.pid" if host.rootless else "/run/nginx.pid"),
        "remedy": f"`fab provision --hosts={host.name}`",
    }


def served(host: Host, layout: Layout) -> dict[str, object]:
    """What to ask of the certificates, see `slipway.remote.tls.served_certificates`."""
    tls = host.app.tls
    return {
        "address": "127.0.0.1",
        "port": tls.port,
        "names": [name.strip("[]") for name in server_names(host.app, host)],
        "folder": str(TlsPaths(layout.tools.parent, host.app.name).folder),
        "self_signed": tls.issuer == "self-signed",
        "ordered": tls.by_acme,
    }


def processes(host: Host, layout: Layout) -> Step:
    """Report the fact `ps`, see `slipway.remote.supervisor.ps`; as the app's user, who alone sees shares of memory."""
    options = {
        "supervisor": str(layout.supervisor_socket),
        "base": str(layout.base),
        "log": str(layout.log / "supervisord.log"),
        "sample": SAMPLE,
    }
    script = sh(
        "[[ -d {{tasks}} ]] || fail {{not_yet}}\n{{look}}",
        tasks=layout.tasks,
        not_yet=f"the host is not provisioned for {host.app.name}. {NOT_YET}",
        look=from_app(sh("{{user}} python3 -I", user=as_user_of(host)), "supervisor.ps", options, ps="object"),
    )
    return Step("processes", "look at the processes", script)
