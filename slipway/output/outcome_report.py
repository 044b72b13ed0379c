"""Reports the outcome of an operation: what happened where, why it failed, what to do next, how long it took."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from slipway.inventory.warning_names import name_of
from slipway.output.causes_with_hosts import causes, describe
from slipway.output.colours import PLAIN, Style
from slipway.output.hints import hint
from slipway.output.host_outcomes import consequence, outcomes_in_words
from slipway.output.operation_words import Headings
from slipway.output.quantities import duration, listing, plural
from slipway.output.recap_per_host import recap
from slipway.output.slowest_steps import timetable
from slipway.output.text_width import pad, width, wrap

if TYPE_CHECKING:
    from slipway.model.outcome import Outcome


def report(
    outcome: Outcome, about: Headings, *, style: Style = PLAIN, verbose: bool = False, columns: int | None = None
) -> list[str]:
    """The lines to print when an operation is over.

    Args:
        outcome: how it went.
        about: what it was about.
        style: whether colours and more than ASCII are wanted.
        verbose: how long each phase and step took, and what was changed, too.
        columns: the terminal's, to which sentences are wrapped; None: they stay on one line.
    """
    times = ["", *timetable(outcome, about, style), ""] if verbose else []
    if outcome.ok:
        return [
            *_wrapped(_notes(outcome, about, style), columns),
            *_hosts(outcome, about, style, verbose),
            *times,
            *_wrapped([*_moved(outcome), _done(outcome, about, style), *_take_back(outcome, about, style)], columns),
        ]
    found = causes(outcome)
    told = [line for cause in found for line in [*describe(cause, about, style), ""]]
    each = outcomes_in_words(outcome, about, style) if about.plan.together else recap(outcome, style, verbose)
    advice = hint(outcome, found, about)
    last = [
        *_migrated(about, style),
        _failed(outcome, about, style),
        *([f"  {style.arrow} {advice}"] if advice else []),
    ]
    return [*told, *_wrapped(_notes(outcome, about, style), columns), *each, *times, *_wrapped(last, columns)]


def in_one_line(outcome: Outcome, about: Headings) -> str:
    """How it ended, without colours: the last line of the report."""
    return _done(outcome, about, PLAIN) if outcome.ok else _failed(outcome, about, PLAIN)


def _wrapped(lines: Iterable[str], columns: int | None) -> list[str]:
    return [piece for line in lines for each in line.split("\n") for piece in wrap(each, columns)]


def _take_back(outcome: Outcome, about: Headings, style: Style) -> list[str]:
    """How to go back from what has changed what visitors get."""
    if about.undo:
        return [f"  {style.arrow} {about.undo}"]
    before = any(host.facts.get("previous") for host in outcome.hosts.values())
    back = about.plan.operation == "deploy" and not outcome.settled and before
    return [f"  {style.arrow} `fab rollback` takes it back"] if back else []


def _hosts(outcome: Outcome, about: Headings, style: Style, verbose: bool) -> list[str]:
    if not about.plan.together:
        return recap(outcome, style, verbose)
    columns = max(map(width, outcome.hosts), default=0)
    tick = style.paint(style.tick, "green")
    rows = [
        (
            pad(name, columns),
            host.facts.get("current", "") if outcome.settled else about.release,
            about.urls.get(name, ""),
        )
        for name, host in outcome.hosts.items()
    ]
    return [f"{tick} " + "  ".join(cell for cell in row if cell).rstrip() for row in rows]


def _done(outcome: Outcome, about: Headings, style: Style) -> str:
    where = f"on {plural(len(outcome.hosts), 'host')}"
    if outcome.settled:
        what = style.paint(f"{about.plan.operation}: nothing to do", "bold")
        return f"{what}, all of it is there {where} already ({duration(outcome.seconds)}; --again makes a new release)"
    changes = [len(host.changed) for host in outcome.hosts.values()]
    how = f"done {where}"
    if not about.plan.together:
        changed = f"{plural(sum(changes), 'change')} on {sum(map(bool, changes))} of {plural(len(changes), 'host')}"
        how = f"done, {changed}" if any(changes) else f"done, nothing to change {where}"
    return f"{style.paint(about.what, 'bold')} {how} in {duration(outcome.seconds)}"


def _moved(outcome: Outcome) -> list[str]:
    """From which commit to which the hosts went."""
    groups: dict[str, list[str]] = {}
    for name, host in outcome.hosts.items():
        if host.moved and not outcome.settled:
            groups.setdefault(host.moved, []).append(name)
    if len(groups) == 1 and len(next(iter(groups.values()))) == len(outcome.hosts):
        return list(groups)
    return [f"{listing(hosts)}: {moved}" for moved, hosts in groups.items()]


def _migrated(about: Headings, style: Style) -> list[str]:
    """That the database is not what it was before: migrations are not reverted."""
    if not about.migrated:
        return []
    label = style.paint("note:", "bold yellow")
    return [f"{label} the database stays migrated by {about.migrated}: see that the release that serves works with it"]


def _failed(outcome: Outcome, about: Headings, style: Style) -> str:
    failed = {host.phase for host in outcome.causes}
    phases = [*outcome.phases][-1:] if outcome.interrupted else [name for name in outcome.phases if name in failed]
    word = style.paint("interrupted" if outcome.interrupted else "failed", "bold red")
    where = f" in {listing(phases)}" if phases else ""
    what = style.paint(about.what, "bold")
    return f"{what} {word}{where} after {duration(outcome.seconds)}: {consequence(outcome, about)}"


def _notes(outcome: Outcome, about: Headings, style: Style) -> list[str]:
    """Each warning once, with the hosts that gave it."""
    groups: dict[str, list[str]] = {}
    for name, host in outcome.hosts.items():
        silenced = about.silenced.get(name, ())
        for note in (note for note in dict.fromkeys(host.notes) if name_of(note) not in silenced):
            groups.setdefault(note, []).append(name)
    label = style.paint("note:", "bold yellow")
    return [f"{label} {listing(hosts)}: {note}" for note, hosts in groups.items()]
