"""Reports the state of the app on a host, for `fab status` and `fab ps`."""

from __future__ import annotations

from slipway.core.shell import python, sh
from slipway.inventory import Host
from slipway.model.layout import Layout
from slipway.model.step import Step
from slipway.remote import program
from slipway.steps.common import NOT_YET, as_user_of, health_question, remote

SAMPLE = 0.5  # seconds over which the use of the processor is measured


def look(host: Host, layout: Layout) -> Step:
    """Report the fact `state`, see `slipway.remote.host.status`."""
    options = {
        **health_question(host),
        "supervisor": str(layout.supervisor_socket),
        "base": str(layout.base),
        "timeout": 5,
    }
    return Step("state", "look at the app", remote("host.status", options))


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
        look=python(program("supervisor.ps"), options, sh("{{user}} python3 -I", user=as_user_of(host))),
    )
    return Step("processes", "look at the processes", script)
