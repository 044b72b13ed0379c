"""Prints what `--dry` shows: the plan as a table, then every script. Payloads are neither made nor shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from slipway.model.step import compose
from slipway.output.colours import PLAIN, Style
from slipway.output.operation_words import Headings
from slipway.output.quantities import listing, plural
from slipway.output.same_scripts import variants
from slipway.output.table import Cell, Column, table
from slipway.output.terminal import Terminal, terminal

if TYPE_CHECKING:
    from slipway.model.step import Phase, Plan, Step


def show(about: Headings | Plan, *, verbose: bool = False, to: Terminal | None = None) -> None:
    """Print a plan and its scripts on standard output, see `dry`."""
    to = to or terminal(sys.stdout)
    about = about if isinstance(about, Headings) else Headings(about)
    to.print(dry(about, style=to.style, verbose=verbose))


def dry(about: Headings, *, style: Style = PLAIN, verbose: bool = False) -> list[str]:
    """A plan in lines that bash could run, but for headings: phases and steps first, then each phase's scripts.

    Args:
        about: the plan, and what it is about.
        verbose: show the prelude and the whole text of Python programs too; else they are folded to a line.
    """
    plan = about.plan
    hosts = _hosts(plan)
    lines = [f"{style.paint(about.what, 'bold')} on {listing(hosts, 12) or 'no host'}: nobody was contacted"]
    lines += [*_commit(about), ""]
    lines += [*_overview(plan, hosts, style), ""]
    if plan.together:
        lines.append("Every host ends a phase before any host begins the next. A failure puts all hosts back.")
    else:
        lines.append("Each host is on its own: a failure on one of them ends nothing on the others.")
    if any(phase.revise for phase in plan.phases):
        lines.append("What the hosts keep goes into it, too: `fab env` and `fab scale` show that.")
    if verbose:
        lines += ["", style.paint("# == Before every script", "bold"), *_prelude()]
    for number, phase in enumerate(plan.phases, 1):
        lines += _scripts(number, phase, hosts, style, verbose)
    return lines


def _commit(about: Headings) -> list[str]:
    """Which commit a deploy would bring, and why it is not said here from which one the hosts would go."""
    if about.plan.operation != "deploy" or not about.commit:
        return []
    work = " with uncommitted work" if about.release.endswith("-dirty") else ""
    return [
        f"It would bring commit {about.commit[:12]}{work}. Only the hosts know which commit runs: a real deploy says",
        "from which one to which one each host goes, and stops before any change if that takes commits back unasked.",
    ]


def _hosts(plan: Plan) -> list[str]:
    """All hosts of a plan, in their order."""
    return list(dict.fromkeys(host for phase in plan.phases for host in phase.steps))


def _overview(plan: Plan, hosts: list[str], style: Style) -> list[str]:
    """Phases and steps, with the hosts on which they run."""
    rows: list[list[Cell]] = []
    for number, phase in enumerate(plan.phases, 1):
        final = " (undoes nothing)" if phase.final and plan.together else ""
        heading = f"{number} {phase.title}{final}"
        for step, where in _steps(phase):
            data = " (reads data that is sent with it)" if step.payload else ""
            rows.append([(heading, "bold"), step.name, step.title + data, _where(where, hosts)])
            heading = ""
    return table([Column("phase"), Column("step"), Column("what it does"), Column("on")], rows, style=style)


def _steps(phase: Phase) -> Iterator[tuple[Step, list[str]]]:
    """Each step of a phase with its hosts; hosts may have different ones."""
    names = dict.fromkeys(step.name for steps in phase.steps.values() for step in steps)
    for name in names:
        having = {host: step for host, steps in phase.steps.items() for step in steps if step.name == name}
        yield next(iter(having.values())), list(having)


def _where(where: list[str], hosts: list[str]) -> str:
    if where == hosts:
        return "all" if len(hosts) > 1 else hosts[0]
    return f"{where[0]} (leads)" if len(where) == 1 else listing(where)


def _scripts(number: int, phase: Phase, hosts: list[str], style: Style, verbose: bool) -> Iterator[str]:
    texts = {host: _script(steps, style) for host, steps in phase.steps.items()}
    for variant in variants(texts, whole=verbose):
        yield ""
        yield style.paint(f"# == {number} {phase.title}: {_all(variant.hosts, hosts)}", "bold")
        for host, values in variant.instead.items():
            yield style.paint(f"#    {host} has {_instead(values)}", "dim")
        yield from variant.text.splitlines()


def _script(steps: tuple[Step, ...], style: Style) -> str:
    parts = []
    for step in steps:
        data = "; reads data that is sent with it" if step.payload else ""
        parts += [style.paint(f"# -- {step.title}{data}", "cyan"), compose((step,)).text]
    return "\n".join(parts)


def _all(names: list[str], hosts: list[str]) -> str:
    return f"all {plural(len(hosts), 'host')}" if names == hosts and len(hosts) > 12 else ", ".join(names)


def _instead(values: list[tuple[str, str]]) -> str:
    return ", ".join(f"{theirs} for {ours}" for ours, theirs in values)


def _prelude() -> list[str]:
    from slipway.core.shell import PRELUDE

    return PRELUDE.rstrip("\n").splitlines()
