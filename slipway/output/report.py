"""The outcome of an operation in words: every host, what failed where and why, how long each phase took."""

from __future__ import annotations

from slipway.outcome import HostOutcome, Outcome

STATES = {
    "ok": "ok",
    "failed": "FAILED",
    "unreachable": "UNREACHABLE",
    "reverted": "put back",
    "untouched": "untouched",
    "interrupted": "interrupted",
}


def report(outcome: Outcome) -> list[str]:
    """The lines to print when an operation is over."""
    lines = [line for host in outcome.causes for line in _cause(host)]
    lines += [f"note: {host.host}: {note}" for host in outcome.hosts.values() for note in host.notes]
    width = max((len(name) for name in outcome.hosts), default=0)
    lines += [f"  {name:<{width}}  {_state(host)}" for name, host in outcome.hosts.items()]
    phases = ", ".join(f"{name} {seconds:.2f}" for name, seconds in outcome.phases.items())
    verdict = "done" if outcome.ok else "interrupted" if outcome.interrupted else "failed"
    lines.append(f"{outcome.operation} {verdict} in {outcome.seconds:.2f} s ({phases})")
    return lines


def _state(host: HostOutcome) -> str:
    words = STATES[host.state]
    if host.state == "failed" and host.undone:
        words += ", put back"
    if host.changed:
        words += f", {len(host.changed)} changed"
    return words


def _cause(host: HostOutcome) -> list[str]:
    if host.result is None:
        return [f"error: {host.message}", *([f"  → {host.hint}"] if host.hint else [])]
    result = host.result
    where = f"error: {host.host}: {host.phase}: step {result.step} failed"
    lines = [f"{where}: {result.reason}" if result.reason else f"{where} (exit code {result.code})"]
    if result.command and not result.reason:
        lines.append(f"  command: {result.command}")
    return [*lines, *(f"  | {line}" for line in result.tail)]
