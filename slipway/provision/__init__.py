"""Provision: from a bare host with an admin login to one that is ready for deploys.

Privileged, rare, and idempotent: each step looks first, changes what differs, and reports each change by a line
`fact changed WHAT`. A second run reports none. docs/provision.md lists what is done to a host.
"""

from __future__ import annotations

from collections.abc import Callable

from slipway.core.errors import UsageError
from slipway.model.step import Step
from slipway.provision.accounts import accounts, sudo
from slipway.provision.backup_timer import backup_timer
from slipway.provision.certificate_for_nginx import no_tls, order_certificate, tls
from slipway.provision.delete_old_logs import old_logs
from slipway.provision.folders import folders
from slipway.provision.nginx import nginx
from slipway.provision.packages import packages
from slipway.provision.protected_links import protected_links
from slipway.provision.remove_unneeded_site import no_site
from slipway.provision.rootless import nginx_of_user, supervisor_of_user, survey_of_user
from slipway.provision.supervisor import supervisor
from slipway.provision.survey import survey
from slipway.provision.target import Site
from slipway.provision.uv_and_supervisor import tools
from slipway.provision.verify import check

__all__ = ["SOCKET_PATH_LIMIT", "Site", "certificate_steps", "provision_steps"]

# sun_path holds 108 bytes with its final NUL, unix(7).
SOCKET_PATH_LIMIT = 107
LONGEST_ID = "20261120-131502-abc1234-dirty"

Steps = tuple[Callable[[Site], Step], ...]

ROOT: Steps = (
    survey, packages, accounts, sudo, folders, protected_links, tools, supervisor, tls, nginx, no_tls, old_logs,
    backup_timer, check,
)  # fmt: skip
ROOTLESS: Steps = (survey_of_user, folders, tools, supervisor_of_user, nginx_of_user, old_logs, backup_timer, check)


def provision_steps(site: Site) -> tuple[Step, ...]:
    """All steps for one host in their order, to be run as the host's admin.

    That is root; on a rootless host it is the one account that there is.

    Raises:
        UsageError: a template is wrong, or the app's folder lies too deep for the sockets in it.
    """
    socket = site.layout.release(LONGEST_ID).listen()
    if len(str(socket)) > SOCKET_PATH_LIMIT:
        raise UsageError(
            f"{site.host.name}: {site.layout.base} is too long a path for sockets below it",
            hint=f"Set root to one that is {len(str(socket)) - SOCKET_PATH_LIMIT} characters shorter.",
        )
    idle = no_tls if site.app.ends_tls else tls
    steps = [step for step in (ROOTLESS if site.host.rootless else ROOT) if step is not idle]
    return tuple((no_site if step in (nginx, nginx_of_user) and not site.app.web else step)(site) for step in steps)


def certificate_steps(site: Site) -> tuple[Step, ...]:
    """What follows when nginx answers: the order of a certificate, where one is ordered."""
    return (order_certificate(site),) if site.app.ends_tls and site.app.tls.by_acme else ()
