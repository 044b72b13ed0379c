"""How the app is on a host, for `fab status`."""

from __future__ import annotations

from slipway.inventory import Host
from slipway.layout import Layout
from slipway.step import Step
from slipway.steps.common import health_question, remote


def look(host: Host, layout: Layout) -> Step:
    """Report the fact `state`, see `slipway.remote.state`."""
    options = {
        **health_question(host),
        "supervisor": str(layout.supervisor_socket),
        "base": str(layout.base),
        "timeout": 5,
    }
    return Step("state", "look at the app", remote("state", options))
