"""What became of every host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.output.about import About
from slipway.output.causes import was_stopped
from slipway.output.cells import pad, width
from slipway.output.style import Style
from slipway.output.words import listing, plural

if TYPE_CHECKING:
    from slipway.outcome import HostOutcome, Outcome

EACH = 12  # hosts; more of them are grouped by what became of them


def fates(outcome: Outcome, about: About, style: Style) -> list[str]:
    """A line for each host, or for each fate where there are many hosts."""
    told = {name: fate(host, outcome, about) for name, host in outcome.hosts.items()}
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


def fate(host: HostOutcome, outcome: Outcome, about: About) -> str:
    """What became of one host, in a few words."""
    if host.state in ("ok", "untouched") and about.plan.together and about.decided(outcome):
        return "ok"
    if host.state == "failed":
        return _failed(host, outcome, about)
    words = {
        "ok": "ok" if not outcome.interrupted else "untouched",
        "reverted": "put back",
        "unknown": "did not say that it was put back",
    }
    return words.get(host.state, host.state)


def _failed(host: HostOutcome, outcome: Outcome, about: About) -> str:
    words = "stopped" if outcome.interrupted and was_stopped(host) else "failed"
    if not about.plan.together or about.decided(outcome):
        return words
    then = {True: "put back", False: "nothing to put back", None: "did not say that it was put back"}
    return f"{words}, {then[host.undone]}"


def consequence(outcome: Outcome, about: About) -> str:
    """What all that means for the site, in half a sentence."""
    hosts = list(outcome.hosts.values())
    if about.decided(outcome):
        return "the decision stands on every host; only what comes after it is not complete"
    if not about.plan.together:
        return f"{sum(host.state == 'ok' for host in hosts)} of {plural(len(hosts), 'host')} ok"
    unsure = [
        host.host for host in hosts if host.state == "unknown" or (host.state == "failed" and host.undone is None)
    ]
    if unsure:
        return f"all hosts are put back, as far as known; {listing(unsure)} did not say so"
    if any(host.undone for host in hosts):
        return "every host serves what it served before"
    return "nothing was changed on any host"


def _painted(words: str, style: Style) -> str:
    bad = ("failed", "unreachable", "did not")
    return style.paint(words, "red" if words.startswith(bad) else "green" if words == "ok" else "yellow")
