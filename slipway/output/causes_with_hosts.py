"""Shows why an operation failed: each cause once, with all hosts that have it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from slipway.core.mask_secrets import mask_secrets
from slipway.core.printable import clean
from slipway.output.colours import Style
from slipway.output.host_prefix import Prefix
from slipway.output.operation_words import Headings
from slipway.output.quantities import listing
from slipway.remote.host.log_excerpt import excerpt

if TYPE_CHECKING:
    from slipway.model.outcome import HostOutcome, Outcome, Result

COMMAND = 300  # characters of a failed command that are shown
LINES = 20  # of output that are shown

_ACCOUNT = re.compile(r"[\w.+-]+@[\w.:\[\]-]+")
_NUMBER = re.compile(r"\b[0-9a-f]{7,}\b|\d+")
_HEREDOC = re.compile(r"<<-?\s*'?(\w+)'?.*", re.DOTALL)


class Cause(Struct, frozen=True):
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
        groups.setdefault(_general(host), []).append(host)
    return [Cause(group, len({_words(host) for host in group}) == 1) for group in groups.values()]


def describe(cause: Cause, about: Headings, style: Style) -> list[str]:
    """A cause in lines: who, where, why; the command, its exit code and its last output."""
    first = cause.first
    who = style.paint(listing(cause.names, 12), "bold")
    lines = [f"{style.paint('error:', 'bold red')} {who}: {_reason(first, about)}"]
    if not cause.same:
        lines.append(f"  (in the words of {first.host}; the others say the same of themselves)")
    if first.phase != "connect":
        lines.append(f"  in:        {_place(first, about)}")
    return lines + (_details(first.host, first.result, style) if first.result else [])


def _reason(host: HostOutcome, about: Headings) -> str:
    """What the host says, else what it was doing."""
    if host.result is None:
        return mask_secrets(clean(host.message.removeprefix(f"{host.host}: "))) or "failed"
    doing = about.step_title(host.phase, host.host, host.result.step) or about.phase_title(host.phase)
    return mask_secrets(clean(host.result.reason)) or f"failed to {doing}"


def _place(host: HostOutcome, about: Headings) -> str:
    """Phase and step, such as `Boot and check, step boot (boot beside the current release)`."""
    title = about.phase_title(host.phase)
    if not (host.result and host.result.step):
        return title
    step = host.result.step
    return f"{title}, step {step} ({about.step_title(host.phase, host.host, step)})"


def _details(host: str, result: Result, style: Style) -> list[str]:
    command = [f"  command:   {_short(result.command)}"] if result.command and not result.reason else []
    prefix = Prefix([host], style)
    return [*command, f"  exit code: {result.code}", *(f"  {prefix(host, line)}" for line in _last_lines(result))]


def _last_lines(result: Result) -> list[str]:
    """What is shown of the output: the exception and the end, without what looks like a secret."""
    return [mask_secrets(clean(line)) for line in excerpt(result.output, LINES)]


def _short(command: str) -> str:
    """A command on one line, without the text of a program that it reads."""
    command = clean(" ".join(_HEREDOC.sub(r"<< \1", command).split()))
    half = COMMAND // 2
    return command if len(command) <= COMMAND else f"{command[:half]} ... {command[-half:]}"


def _words(host: HostOutcome) -> str:
    result = host.result
    said = [host.message, host.hint]
    if result:
        said += [result.step, str(result.code), result.reason, result.command, *excerpt(result.output, LINES)]
    return "\n".join([host.state, host.phase, *said])


def _general(host: HostOutcome) -> str:
    """What a host says, without its own name, addresses and numbers."""
    text = _ACCOUNT.sub("@", re.sub(rf"\b{re.escape(host.host)}\b", "@", _words(host)))
    return _NUMBER.sub("0", text)
