"""Sets and removes the lock of `fab lock`: no deploy and no rollback while it is set."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.inventory import Host
from slipway.model.layout import Layout
from slipway.model.step import Step


def put(host: Host, layout: Layout, who: str, since: str, message: str) -> Step:
    """Lock the app on a host; what another lock said is replaced, and reported as the fact `held`."""
    text = f"{who} since {since} UTC" + (f": {' '.join(message.split())}" if message else "")
    script = sh(
        """
fact held "$(cat {{held}} 2> /dev/null || true)"
printf '%s\\n' {{text}} > {{new}}
mv -f {{new}} {{held}}""",
        text=text,
        new=f"{layout.held}.new",
        held=layout.held,
    )
    return Step("lock", "lock the app", _provisioned(host, layout) + script)


def take(host: Host, layout: Layout) -> Step:
    """Unlock the app on a host; report who had locked it as the fact `held`."""
    script = sh(
        """
fact held "$(cat {{held}} 2> /dev/null || true)"
rm -f {{held}}""",
        held=layout.held,
    )
    return Step("unlock", "unlock the app", _provisioned(host, layout) + script)


def respect(layout: Layout) -> Script:
    """Stop where a person has locked the app."""
    return sh(
        """
if [[ -e {{held}} ]]; then fail "locked by $(cat {{held}}); \\`fab unlock\\` takes the lock away"; fi""",
        held=layout.held,
    )


def _provisioned(host: Host, layout: Layout) -> Script:
    message = f"the host is not provisioned for {host.app.name}: run `fab provision --hosts={host.name}`"
    return sh("[[ -w {{base}} ]] || fail {{message}}", base=layout.base, message=message)
