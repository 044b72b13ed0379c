"""The switch: one atomic rename brings code, static files, configuration and socket of the new release to the front."""

from __future__ import annotations

from slipway.shell import sh
from slipway.sites import address_on_host
from slipway.step import Step, Target
from slipway.steps.common import health, remote


def activate(target: Target) -> Step:
    """Rename `current` onto the new release: nginx resolves its upstream's path at each connection, rename(2) is atomic."""
    return Step(
        "switch",
        "switch to the new release",
        sh(
            """
ln -sfn {{link}} {{new}}
mv -fT {{new}} {{current}}""",
            link=f"releases/{target.release.id}",
            new=f"{target.layout.current}.new",
            current=target.layout.current,
        ),
    )


def verify(target: Target) -> Step:
    """Ask again, as a visitor does: through nginx."""
    address, port = address_on_host(target.app, target.host)
    question = {**health(target), "address": address, "port": port}
    return Step("verify", "ask through nginx", remote("ask", question))
