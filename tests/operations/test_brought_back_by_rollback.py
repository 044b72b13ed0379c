"""A rollback says which commit came back, and which variables have their earlier values; never a value."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timezone

from msgspec.structs import replace

from slipway.env.dotenv import Secret, render
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.outcome import HostOutcome, Outcome
from slipway.model.rollback_target import RollbackTarget
from slipway.operations.brought_back_by_rollback import describe, forward
from slipway.steps.rollback_candidates import BACK, LEFT

OLD, NEW, SAME = "20261120-101502-abc1234", "20261120-131502-def5678", "20261120-141502-abc1234"


def back(host: str = "web1", left: str = NEW) -> RollbackTarget:
    return RollbackTarget(Host(name=host, app=App(name="shop")), OLD, left, "ann@desk", datetime.now(timezone.utc))


def encoded(values: Mapping[str, str]) -> Secret:
    content = render({name: Secret(value) for name, value in values.items()})
    return Secret(base64.b64encode(content).decode())


def told(
    left: str, now: str, was: Mapping[str, str] | None = None, env: Mapping[str, str] | None = None, release: str = NEW
) -> HostOutcome:
    hidden = {LEFT: encoded(was), BACK: encoded(env)} if env and was else {}
    facts = {LEFT: json.dumps({"subject": left}), BACK: json.dumps({"subject": now})}
    host = HostOutcome("web1", facts=facts, hidden=hidden)
    assert describe(Outcome("rollback", {"web1": host}), [back(left=release)]) == now
    return host


def test_both_commits_are_named_by_their_subjects() -> None:
    assert told("Add a form", "Begin").moved == 'from def5678 "Add a form" to abc1234 "Begin"'


def test_the_names_of_changed_variables_are_told_and_no_values() -> None:
    moved = told("Begin", "Begin", {"A": "s3cret", "B": "1", "D": "x"}, {"B": "2", "C": "3", "D": "x"}, SAME).moved
    assert moved.splitlines() == [
        'an earlier release of the same commit abc1234 "Begin"',
        "The environment is that of this release again: A is gone, B has its earlier value, C is there again. "
        "The next deploy keeps what `fab env.set` had stored with it, and takes all else from the inventory.",
    ]


def test_a_record_that_cannot_be_read_is_a_note_since_the_rollback_is_done() -> None:
    host = HostOutcome("web1", facts={BACK: "{", LEFT: "{}"})
    assert describe(Outcome("rollback", {"web1": host}), [back()]) == ""
    assert host.notes[0].startswith("web1: what it reports as back-release cannot be read")


def test_the_way_forward_names_the_release_that_was_left() -> None:
    assert forward([back()]) == f"`fab rollback --to={NEW}` returns to the release that was left"
    assert forward([back(), back("web2", SAME)]) == ""


def test_the_way_forward_after_migrations_were_taken_back_migrates() -> None:
    taken = replace(back(), migrate_back={"default": ["shop.0002"]})
    assert forward([taken]) == "`fab deploy --ref=def5678` goes forward again, and migrates"
