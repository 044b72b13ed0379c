"""What a host remembers: each release's facts, and the history of all operations."""

from __future__ import annotations

import json
from typing import Any

from slipway.shell import sh, write_file
from slipway.step import Step, Target


def facts(target: Target) -> Step:
    """Write release.json: from then on the release counts as whole, and a survey does not sweep it away."""
    return Step(
        "facts",
        "record what the release is",
        write_file(target.paths.facts, json.dumps(_facts(target), sort_keys=True) + "\n"),
    )


def history(target: Target) -> Step:
    """Append the deploy to the app's history, the same line on every host."""
    line = {**_facts(target), "operation": "deploy", "outcome": "ok"}
    return Step(
        "history",
        "write the history",
        sh(
            "printf '%s\\n' {{line}} >> {{history}}",
            line=json.dumps(line, sort_keys=True),
            history=target.layout.history,
        ),
    )


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
