"""Shows the recap of an operation whose hosts are independent: ok, changed, failed, unreachable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.output.colours import Style
from slipway.output.text_width import pad, width

if TYPE_CHECKING:
    from slipway.model.outcome import HostOutcome, Outcome

LOOKS = (("ok", "green"), ("changed", "yellow"), ("failed", "bold red"), ("unreachable", "bold red"))


def recap(outcome: Outcome, style: Style, verbose: bool = False) -> list[str]:
    """A line for each host: steps that ended well, things changed, and whether it failed or was not reached.

    With `verbose`, what was changed is named.
    """
    columns = max(map(width, outcome.hosts), default=0)
    lines = []
    for name, host in outcome.hosts.items():
        counts = _counts(host, outcome)
        told = "  ".join(
            style.paint(f"{word}={counts[word]:<3}", look if counts[word] else "dim") for word, look in LOOKS
        )
        lines.append(f"  {pad(name, columns)}  {told}".rstrip())
        if verbose:
            lines += [f"  {' ' * columns}    changed: {what}" for what in host.changed]
    return lines


def _counts(host: HostOutcome, outcome: Outcome) -> dict[str, int]:
    failed = host.state == "failed"
    steps = sum(bool(step) for step in outcome.steps.get(host.host, ()))
    return {
        "ok": steps - 1 if failed and host.result and host.result.step else steps,
        "changed": len(host.changed),
        "failed": int(failed),
        "unreachable": int(host.state == "unreachable"),
    }
