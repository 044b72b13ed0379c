"""Releases and history of a fleet as tables."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from slipway.output.releases_and_history import KEYS, history_table, releases_table, whole

NOW = datetime(2026, 11, 20, 13, 0, tzinfo=timezone.utc)
OLD: dict[str, Any] = {
    "release": "20261119-120000-aaaaaaa", "when": "2026-11-19T12:00:00+00:00", "who": "ann@desk", "ref": "v1",
    "subject": "First", "current": False, "standby": True, "left": False,
}  # fmt: skip
NEW: dict[str, Any] = {
    "release": "20261120-120000-bbbbbbb", "when": "2026-11-20T12:00:00+00:00", "who": "bob@desk", "ref": "main",
    "subject": "Second", "current": True, "standby": False, "left": False,
}  # fmt: skip


def split(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("  ") if cell] for line in lines]


def test_releases_are_told_once_for_the_fleet_newest_first() -> None:
    assert split(releases_table({"web1": [OLD, NEW], "web2": [NEW, OLD]}, now=NOW)) == [
        ["release", "state", "deployed", "by", "ref", "commit"],
        ["20261120-120000-bbbbbbb", "current", "1 h ago", "bob@desk", "main", "Second"],
        ["20261119-120000-aaaaaaa", "standby", "25 h ago", "ann@desk", "v1", "First"],
    ]


def test_a_release_that_some_hosts_lack_names_those_that_have_it() -> None:
    lines = split(releases_table({"web1": [OLD, NEW], "web2": [OLD]}, now=NOW))
    assert lines[0][-1] == "only on"
    assert lines[1][-1] == "web1"
    assert lines[2][-1] == "First"


def test_history_tells_what_who_and_how_it_ended() -> None:
    deploy = {"operation": "deploy", "outcome": "ok", "seconds": 0.91, **NEW}
    rollback = {"operation": "rollback", "outcome": "failed", "when": "2026-11-20T12:59:00+00:00", "who": "ann@desk"}
    rollback |= {"release": OLD["release"], "left": NEW["release"]}
    del deploy["left"]
    assert split(history_table({"web1": [deploy, rollback], "web2": [deploy, rollback]}, now=NOW)) == [
        ["when", "what", "release", "outcome", "took", "by", "about"],
        ["1 min ago", "rollback", OLD["release"], "failed", "ann@desk", f"left {NEW['release']}"],
        ["1 h ago", "deploy", NEW["release"], "ok", "0.91 s", "bob@desk", "Second"],
    ]


def test_every_operation_has_the_same_keys_for_other_programs_and_looks_the_same_to_people() -> None:
    provision = {"operation": "provision", "outcome": "ok", "who": "ann@desk", "when": "2026-11-20T12:00:00+00:00"}
    deploy = {**provision, "operation": "deploy", "subject": "First", "skipped": ["web3"]}
    assert list(whole(provision)) == list(whole(deploy)) == [*KEYS, "skipped", "allow"]
    assert (whole(provision)["subject"], whole(provision)["skipped"]) == (None, [])
    assert (whole(deploy)["subject"], whole(deploy)["skipped"]) == ("First", ["web3"])
    for record in (provision, deploy):
        assert history_table({"web1": [whole(record)]}, now=NOW) == history_table({"web1": [record]}, now=NOW)


def test_a_record_without_a_time_is_shown_all_the_same() -> None:
    assert split(history_table({"web1": [{"operation": "deploy", "outcome": "ok"}]}, now=NOW))[1] == ["deploy", "ok"]


def test_nothing_is_said_in_words() -> None:
    assert releases_table({"web1": []}, now=NOW) == ["no release yet; `fab deploy` makes one"]
    assert history_table({}, now=NOW) == ["nothing has happened yet"]


def test_two_commands_of_one_second_are_two_lines() -> None:
    one = {"operation": "task", "outcome": "ok", "when": "2026-11-20T12:59:00+00:00", "who": "ann@desk", "id": "1"}
    lines = split(history_table({"web1": [{**one, "message": "ls"}, {**one, "id": "2", "message": "pwd"}]}, now=NOW))
    assert [line[-1] for line in lines[1:]] == ["ls", "pwd"] or [line[-1] for line in lines[1:]] == ["pwd", "ls"]
