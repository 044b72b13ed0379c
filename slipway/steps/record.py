"""What a host remembers: each release's facts, and the history of all operations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from slipway.inventory import Host
from slipway.release import Layout
from slipway.shell import write_file
from slipway.step import Record, Step, Target
from slipway.steps.common import remote


def facts(target: Target) -> Step:
    """Write release.json: from then on the release counts as whole, and a survey does not sweep it away."""
    return Step(
        "facts",
        "record what the release is",
        write_file(target.paths.facts, json.dumps(_facts(target), sort_keys=True) + "\n"),
    )


def history(target: Target, strategy: str, skipped: Sequence[str] = ()) -> Record:
    """What the history says of a deploy, the same on every host; `skipped` hosts were left out."""
    facts = {"operation": "deploy", "strategy": strategy, **_facts(target)}
    return Record(target.layout.history, {**facts, "skipped": list(skipped)} if skipped else facts)


def look(host: Host, layout: Layout, last: int = 0) -> Step:
    """Report the facts `releases` and `history` (the `last` operations), see `slipway.remote.records`."""
    options = {"base": str(layout.base), "history": last}
    return Step("records", "read the records", remote("records", options))


def _facts(target: Target) -> dict[str, Any]:
    release = target.release
    return {
        "release": release.id,
        "commit": release.commit,
        "tree": release.tree,
        "ref": release.ref,
        "subject": release.subject,
        "who": release.who,
        "when": release.when.isoformat(timespec="seconds"),
        "dirty": release.dirty,
        "kind": target.detected.kind,
        "env": target.env_digest,
    }
