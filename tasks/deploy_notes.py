"""What a deploy says besides its outcome: what a new app is taken for, and which variables name its databases."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slipway.model.outcome import Outcome
    from slipway.operations.prepare_deployment import Deployment
    from slipway.output.operation_words import Headings


def explained(outcome: Outcome, headings: Headings, going: Deployment) -> Headings:
    """The headings with what helps to understand a failure; sums up the app where no host had a release of it."""
    say_what_is_new(outcome, going)
    if outcome.ok:
        return headings
    from msgspec.structs import replace

    from slipway.env.database_settings import database_settings

    return replace(headings, databases={name: database_settings(one) for name, one in going.wanted.items()})


def say_what_is_new(outcome: Outcome, going: Deployment) -> None:
    """Sum up what the app is taken for; the survey tells which release each host had."""
    if any(host.facts.get("current", "unknown") for host in outcome.hosts.values()):
        return
    from slipway.operations.describe_app import describe_app
    from slipway.output.first_deploy_summary import first_deploy
    from slipway.output.terminal import terminal

    host = going.hosts[0]
    to = terminal(sys.stdout if outcome.ok else sys.stderr)
    to.print(first_deploy(describe_app(host, going.sources[host.app.source])))
