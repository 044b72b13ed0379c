"""Says how the operation ended on each host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.output.colours import Style
from slipway.output.operation_words import Headings
from slipway.output.quantities import listing, plural
from slipway.output.text_width import pad, width

if TYPE_CHECKING:
    from slipway.model.outcome import HostOutcome, Outcome

UNSURE = "did not confirm that it was reverted"
EACH = 12  # hosts; more of them are grouped by what became of them


def outcomes_in_words(outcome: Outcome, about: Headings, style: Style) -> list[str]:
    """A line for each host, or for each kind of outcome if there are many hosts."""
    told = {name: outcome_in_words(host, outcome, about) for name, host in outcome.hosts.items()}
    if len(told) <= EACH:
        columns = max(map(width, told), default=0)
        return [f"  {pad(name, columns)}  {_painted(told[name], style)}" for name in told]
    groups: dict[str, list[str]] = {}
    for name, words in told.items():
        groups.setdefault(words, []).append(name)
    return [
        f"  {_painted(words, style)}: {plural(len(names), 'host')} ({', '.join(names)})"
        for words, names in groups.items()
    ]


def outcome_in_words(host: HostOutcome, outcome: Outcome, about: Headings) -> str:
    """How the operation ended on one host, in a few words."""
    words = {"reverted": "reverted", "unknown": UNSURE}
    if host.state != "failed" or about.decided(outcome):
        return words.get(host.state, host.state)
    then = {True: "reverted", False: "nothing to revert", None: UNSURE}
    return f"failed, {then[host.undone]}"


def doubtful(outcome: Outcome) -> list[str]:
    """Hosts of which nobody knows whether they were reverted."""
    hosts = outcome.hosts.values()
    return [host.host for host in hosts if host.state == "unknown" or (host.state == "failed" and host.undone is None)]


def consequence(outcome: Outcome, about: Headings) -> str:
    """What all that means for the site, in half a sentence."""
    hosts = list(outcome.hosts.values())
    if about.decided(outcome):
        return "it is in effect on all hosts; only what comes last is not complete"
    if not about.plan.together:
        return f"{sum(host.state == 'ok' for host in hosts)} of {plural(len(hosts), 'host')} ok"
    unsure = doubtful(outcome)
    if unsure:
        return f"the hosts are reverted, but {listing(unsure)} did not confirm it"
    if any(host.undone for host in hosts):
        return "every host serves what it served before"
    return "nothing was changed on any host"


def _painted(words: str, style: Style) -> str:
    bad = ("failed", "unreachable", "did not")
    return style.paint(words, "red" if words.startswith(bad) else "green" if words == "ok" else "yellow")
