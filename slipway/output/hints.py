"""Chooses what to advise when an operation failed: one hint."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from slipway.core.mask_secrets import mask_secrets
from slipway.env.database_settings import told
from slipway.output import unreachable_databases
from slipway.output.causes_with_hosts import LINES, Cause
from slipway.output.host_outcomes import doubtful
from slipway.output.known_failures import advice
from slipway.output.operation_words import Headings
from slipway.remote.host.log_excerpt import excerpt

if TYPE_CHECKING:
    from slipway.model.outcome import Outcome

# By the step that failed.
STEPS = MappingProxyType(
    {
        "services": "`fab status` shows which services serve. Start it there, or `fab provision` again, and deploy.",
        "venv": "Does the same installation work in a new venv here? Fix the requirements, and deploy again.",
        "build": "Build commands run as the account APP-build, in a copy of the committed files, and know of the "
        "environment what app.build.env names. Fix it, and deploy again.",
        "static": "Does `python manage.py collectstatic` work here? It can be switched off in the inventory.",
        "config": "The configuration of the release is refused: the lines above say by whom. If they name a file of "
        "nginx or supervisord, look at your own templates; if they end in an exception, the app cannot be loaded.",
        "migrate": "What migrations did before the failing one stays in the database. Fix it, and deploy again.",
        "boot": "The app does not come up with the environment and the packages of the hosts. "
        "Fix it, and deploy again.",
        "verify": "The app was well on its own socket, but not through nginx: see nginx's error log on the host.",
    }
)

_COMMAND = re.compile(r"\bfab [a-z]")
BOOTS = ("boot", "workers")  # steps that start processes


def hint(outcome: Outcome, causes: list[Cause], about: Headings) -> str:
    """The first cause's own advice, else that for its step; "" where what failed says it itself."""
    unsure = doubtful(outcome)
    if unsure and about.plan.together and not about.decided(outcome):
        return (
            "A host that does not hear from us for half a minute reverts itself. "
            f"Look: fab status --hosts={','.join(unsure)}"
        )
    if about.decided(outcome):
        return f"The next {outcome.operation} does what is left to do."
    if outcome.interrupted:
        return f"Run the same command again when you like: fab {outcome.operation} begins anew."
    first = causes[0].first
    if first.hint or first.result is None:
        return first.hint
    reason, lines = first.result.reason, first.result.output
    if "inventory" in reason or any(_COMMAND.search(line) for line in (reason, *excerpt(lines, LINES))):
        return ""  # what failed says already what to do
    usual = f"Fix it, and run fab {outcome.operation} again; --verbose shows each step and all output."
    by_step = STEPS.get(first.result.step, usual) if outcome.operation == "deploy" else usual
    shown = "\n".join([reason, *excerpt(lines, LINES)])
    known = advice(shown) or advice("\n".join([reason, *lines]))
    if known and unreachable_databases.advice(shown) == known:
        known = f"{known} {told(about.databases.get(first.host, []), shown)}".rstrip()
    if not known and "inventory" in shown:
        return ""  # and so does what it printed
    return f"{mask_secrets(known) or by_step}{_where_logged(first.result.step, causes[0], about)}"


def _where_logged(step: str, cause: Cause, about: Headings) -> str:
    """Where to read all that a release said which did not boot: its log outlives it."""
    if step not in BOOTS or not about.release:
        return ""
    return f"\n    All that it said: fab logs --hosts={','.join(cause.names)} --release={about.release}"
