"""Removes the nginx site of an app that has no web side any more, when no release needs it."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.model.step import Step
from slipway.provision import undo_provision
from slipway.provision.target import Site
from slipway.render.site_fits_release import installed_site


def no_site(site: Site) -> Step:
    """Remove the site that an earlier provision has made, unless the release that runs still serves visitors."""
    login = Script("env") if site.host.rootless else sh("runuser -u {{login}} --", login=site.host.user)
    script = sh(
        """
if [[ -e {{installed}} ]] && {{as_login}} test -e {{web}}; then
  note nginx-site-old "nginx goes on serving the current release, which has a web side:" \\
    "run \\`fab provision\\` again when one without has been deployed"
elif [[ -e {{installed}} ]]; then
{{remove}}
fi""",
        installed=installed_site(site.host, site.layout),
        as_login=login,
        web=site.layout.current / "conf" / "web.program",
        remove=undo_provision.nginx(site).script,
    )
    return Step("nginx", "remove the nginx site, if there is one", script)
