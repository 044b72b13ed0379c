"""Writes each release's facts, and the history of all operations, on the host."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from slipway.core.shell import sh, write_file
from slipway.inventory import Host
from slipway.model.layout import Layout
from slipway.model.rollback_target import RollbackTarget
from slipway.model.rollback_target import facts as facts_of_rollback
from slipway.model.step import Record, Step, Target
from slipway.render.nginx_site import host_history
from slipway.steps.common import remote


def facts(target: Target) -> Step:
    """Write release.json: from then on the release counts as whole, and a survey does not sweep it away."""
    return Step(
        "facts",
        "record what the release is",
        write_file(target.paths.facts, json.dumps(facts_of(target), sort_keys=True) + "\n"),
    )


def history(target: Target, strategy: str, skipped: Sequence[str] = ()) -> Record:
    """The history line of a deploy, the same on every host; `skipped` hosts were left out."""
    facts = {**operation_of(target), "strategy": strategy}
    return Record(target.layout.history, {**facts, "skipped": list(skipped)} if skipped else facts)


def failed_provision(host: Host, layout: Layout, who: str, when: str) -> Record:
    """The history line of a provision that fails: in the host's own history, since the app's may not be there yet."""
    facts = {"operation": "provision", "app": host.app.name, "host": host.name, "who": who, "when": when}
    return Record(host_history(host, layout), facts, failure=True)


def look(host: Host, layout: Layout, last: int = 0) -> Step:
    """Report the facts `releases` and `history` (the `last` operations) by `remote.host.releases_and_history`."""
    options = {
        "base": str(layout.base),
        "history": last,
        "of_host": str(host_history(host, layout)),
        "app": host.app.name,
    }
    return Step("records", "read the records", remote("host.releases_and_history", options))


def mark(back: RollbackTarget) -> Step:
    """Mark a newer release that was left, and unmark the one that came back; nothing is deleted."""
    return Step(
        "mark",
        "mark the release that was left",
        sh(
            """
[[ ! -d {{left}} || {{left}} < {{to}} ]] || printf '%s\\n' {{line}} > {{left}}/left
rm -f {{to}}/left""",
            left=back.layout.release(back.left).path,
            line=json.dumps(facts_of_rollback(back), sort_keys=True),
            to=back.paths.path,
        ),
    )


def operation_of(target: Target) -> dict[str, Any]:
    """What is remembered of an operation that makes a release: the names of what it changes, never values."""
    message = {"message": target.message} if target.message else {}
    return {"operation": target.operation, **message, **facts_of(target)}


def facts_of(target: Target) -> dict[str, Any]:
    """What is remembered of a release."""
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
        **({"scale": target.scale} if target.scale else {}),
    }
