"""Says what a rollback has brought back: which commits, and which variables have their earlier values again."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from slipway.core.errors import SlipwayError
from slipway.env.dotenv import read as read_env
from slipway.model.check_host_facts import ReleaseFile, json_fact
from slipway.model.outcome import HostOutcome, Outcome
from slipway.model.rollback_target import RollbackTarget
from slipway.steps.rollback_candidates import BACK, LEFT

from .compare_env import changed
from .may_follow_commit import commit_of
from .prepare_deployment import content

HOW = MappingProxyType({"added": "is there again", "removed": "is gone", "changed": "has its earlier value"})


def describe(outcome: Outcome, backs: Sequence[RollbackTarget]) -> str:
    """Write into the outcome from which commit to which each host went, and what its environment is now.

    Returns:
        The subject of the commit that is back; "" where no host says it.
    """
    subject = ""
    for back in backs:
        host = outcome.hosts[back.host.name]
        try:
            subject = subject or _subject(host, BACK)
            left, now = _named(back.left, _subject(host, LEFT)), _named(back.id, _subject(host, BACK))
            way = f"an earlier release of the same commit {now}" if left == now else f"from {left} to {now}"
            host.moved = "\n".join([way, *_environment(host)])
        except SlipwayError as error:  # the rollback itself is done
            host.notes.append(error.message)
    return subject


def forward(backs: Sequence[RollbackTarget]) -> str:
    """How to return to the release that was left; "" where the hosts left different ones."""
    left = {back.left for back in backs}
    if len(left) != 1:
        return ""
    if any(back.migrate_back for back in backs):
        return f"`fab deploy --ref={commit_of(left.pop())}` goes forward again, and migrates"
    return f"`fab rollback --to={left.pop()}` returns to the release that was left"


def _named(release: str, subject: str) -> str:
    return commit_of(release) + (f' "{subject}"' if subject else "")


def _subject(host: HostOutcome, fact: str) -> str:
    told = json_fact(host, fact, ReleaseFile) if fact in host.facts else {}
    return str(told.get("subject", ""))


def _environment(host: HostOutcome) -> list[str]:
    """Which names differ from the release that was left; never a value."""
    name = host.host
    left, back = (read_env(content(host.hidden, fact, name)) for fact in (LEFT, BACK))
    told = [f"{name} {HOW[how]}" for name, how in sorted(changed(left, back).items())]
    if not told:
        return []
    return [
        f"The environment is that of this release again: {', '.join(told)}. "
        "The next deploy keeps what `fab env.set` had stored with it, and takes all else from the inventory."
    ]
