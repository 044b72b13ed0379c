"""Why an operation failed: each cause once, with all hosts that have it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slipway.output.about import About
from slipway.output.cells import clean
from slipway.output.prefix import Prefix
from slipway.output.style import Style
from slipway.output.words import listing

if TYPE_CHECKING:
    from slipway.outcome import HostOutcome, Outcome, Result

KILLED = 143  # what the agent reports of a script that we ended ourselves: 128 + SIGTERM
COMMAND = 300  # characters of a failed command that are shown

_ACCOUNT = re.compile(r"[\w.+-]+@[\w.:\[\]-]+")
_NUMBER = re.compile(r"\b[0-9a-f]{7,}\b|\d+")
_HEREDOC = re.compile(r"<<-?\s*'?(\w+)'?.*", re.DOTALL)


@dataclass(frozen=True)
class Cause:
    """What went wrong on some hosts.

    Attributes:
        hosts: at least one.
        same: whether they all said it in the same words.
    """

    hosts: Sequence[HostOutcome]
    same: bool

    @property
    def first(self) -> HostOutcome:
        return self.hosts[0]

    @property
    def names(self) -> list[str]:
        return [host.host for host in self.hosts]


def causes(outcome: Outcome) -> list[Cause]:
    """The causes in the order of their first host; hosts whose words differ only by names and numbers share one."""
    groups: dict[str, list[HostOutcome]] = {}
    for host in outcome.causes:
        if not (outcome.interrupted and was_stopped(host)):
            groups.setdefault(_general(host), []).append(host)
    return [Cause(group, len({_words(host) for host in group}) == 1) for group in groups.values()]


def was_stopped(host: HostOutcome) -> bool:
    """Whether a host's script ended because we ended it."""
    return host.result is not None and host.result.code == KILLED


def tell(cause: Cause, about: About, style: Style) -> list[str]:
    """A cause in lines: who, where, why; the command, its exit code and its last output."""
    first = cause.first
    place = "" if first.state == "unreachable" else _place(first, about)
    who = listing(cause.names, 12)
    lines = [f"{style.paint('error:', 'bold red')} {style.paint(who, 'bold')}: {place}{_reason(first)}"]
    if not cause.same:
        lines.append(f"  (in the words of {first.host}; the others say the same of themselves)")
    if first.result:
        lines += _details(first.host, first.result, style)
    return lines


def _place(host: HostOutcome, about: About) -> str:
    title = about.phase_title(host.phase)
    if host.result and host.result.step:
        step = host.result.step
        title += f": {about.step_title(host.phase, host.host, step)} (step {step})"
    return f"{title}: "


def _reason(host: HostOutcome) -> str:
    if host.result is None:
        return clean(host.message.removeprefix(f"{host.host}: ")) or "failed"
    return clean(host.result.reason) or f"failed with exit code {host.result.code}"


def _details(host: str, result: Result, style: Style) -> list[str]:
    lines = []
    if result.command and not result.reason:
        lines.append(f"  command: {_short(result.command)}")
    if result.reason:
        lines.append(f"  exit code: {result.code}")
    prefix = Prefix([host], style)
    return lines + [f"  {prefix(host, clean(line))}" for line in result.tail]


def _short(command: str) -> str:
    """A command on one line, without the text of a program that it reads."""
    command = clean(" ".join(_HEREDOC.sub(r"<< \1", command).split()))
    half = COMMAND // 2
    return command if len(command) <= COMMAND else f"{command[:half]} ... {command[-half:]}"


def _words(host: HostOutcome) -> str:
    result = host.result
    said = [host.message, host.hint]
    if result:
        said += [result.step, str(result.code), result.reason, result.command, *result.tail]
    return "\n".join([host.state, host.phase, *said])


def _general(host: HostOutcome) -> str:
    """What a host says, without its own name, addresses and numbers."""
    text = _ACCOUNT.sub("@", re.sub(rf"\b{re.escape(host.host)}\b", "@", _words(host)))
    return _NUMBER.sub("0", text)
