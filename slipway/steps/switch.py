"""The switch: one atomic rename brings code, static files, configuration and socket of the new release to the front."""

from __future__ import annotations

from slipway.shell import sh
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
    question = {**health(target), "port": _port(target)}
    return Step("verify", "ask through nginx", remote("ask", question))


def _port(target: Target) -> int:
    """Where nginx listens on the host itself."""
    return target.host.http_port if target.host.rootless else target.app.port
