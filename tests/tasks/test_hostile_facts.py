"""What a host reports may be anything: it is drawn, or the host is told to have failed; it never is a traceback."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.core.errors import SlipwayError
from slipway.env.dotenv import Secret
from slipway.inventory.app import App
from slipway.logs.host_feed import HostFeed
from slipway.logs.merge_hosts import Merge
from slipway.logs.query import make_query
from slipway.model.outcome import HostOutcome, Outcome
from slipway.model.rollback_target import RollbackCandidates, choose
from slipway.model.stored_overrides import Overrides
from slipway.operations.current_settings import current_settings, sources_of_running
from slipway.operations.may_follow_commit import commit_of
from slipway.output.oneoff_tasks import tasks_table
from slipway.output.ps import ps_table
from slipway.output.releases_and_history import history_table, releases_table, whole
from slipway.output.status import host_status, status_table
from slipway.remote.tasks.process_sessions import is_record
from slipway.source.git import GitError
from tasks.status_and_history import facts_by_host
from tests.steps.targets import target

ID = "20261120-131502-abc1234"
WHEN = "2026-11-20T13:15:02+00:00"
RUN = {"started": 1.5e9, "seconds": 2.5, "code": 1}
SCHEDULE = {"name": "sync", "cron": "* * * * *", "command": "x", "next": 1.8e9, "running": None, "cut_off": 1.7e9,
            "left_out": 1.7e9, "last": RUN}  # fmt: skip
SCHEDULES = {"here": True, "assigned": {"host": "web1", "from": 0, "decided": 1}, "schedules": [SCHEDULE]}
RELEASE = {"subject": "Fix", "when": WHEN, "scale": {"web": {"count": 2, "who": "ann", "when": WHEN}},
           "tree": "e" * 40, "commit": "a" * 40, "ref": "main", "dirty": False}  # fmt: skip
PROCESS = {"program": f"{ID}.web", "name": f"{ID}.web", "release": ID, "process": "web", "state": "RUNNING",
           "pid": 4, "uptime": 3.5, "exits": 2, "why": "gone"}  # fmt: skip
LISTED = {**PROCESS, "role": "current", "memory": 1 << 20, "cpu": 1.5, "restarts": 2, "exit": None, "stopped": None,
          "measure": "pss"}  # fmt: skip
LIMITS = {"memory": 1 << 20, "memory_most": 1 << 29, "cpu_most": 50}
GOOD: dict[str, Any] = {
    "state": {
        "base": True, "current": ID, "standby": ID, "release": RELEASE, "supervisord": None,
        "processes": [{**PROCESS, "replaced": False, "killed": 3, "deaths": ["SIGKILL"] * 3}], "memory_kills": 3,
        "open_ports": [20001], "limits": LIMITS,
        "missing": ["mail"], "stopped": {"mail": "ann"}, "schedules": SCHEDULES, "site": "", "fleet": "web1=h",
        "health": {"status": 500, "ms": 3.2, "well": False, "why": "x", "app": True}, "lock": "ann", "journal": True,
        "web": True, "check": {"exit": 1, "ms": 2.5, "well": False, "why": "x"},
        "operation": '{"operation": "deploy"}', "disk": {"free": 5},
        "backup": {"proved": 1.5, "not_proved": None, "failed": None},
        "maintenance": {"who": "ann", "since": WHEN, "message": "soon"},
    },
    "ps": {"current": ID, "supervisord": None, "processes": [LISTED], "limits": LIMITS, "schedules": SCHEDULES},
    "tasks": [{"id": "x", "state": "failed", "started": 1.5e9, "code": 1, "seconds": 2.5, "who": "a", "command": "ls",
               "why": ""}],
    "releases": [{**RELEASE, "release": ID, "current": True, "standby": False, "left": None, "who": "ann"}],
    "history": [{"operation": "deploy", "release": ID, "outcome": "ok", "who": "ann", "when": WHEN, "seconds": 2.5,
                 "subject": "Fix"}],
}  # fmt: skip
DRAW: dict[str, Callable[[dict[str, Any]], object]] = {
    "state": lambda found: status_table([host_status(name, told, App(name="shop")) for name, told in found.items()]),
    "ps": ps_table,
    "tasks": tasks_table,
    "releases": releases_table,
    "history": lambda found: history_table({name: [whole(one) for one in each] for name, each in found.items()}),
}
NASTY: list[Any] = [
    None, True, "", "x", -1, 1e300, float("nan"), float("inf"), 1 << 80, "2026-11-20T13:15:02", "9999-12-31T23:59:59Z",
    "\x1b[2J", "\udcff", [], {}, [[]], [None], {"": None}, {"x": {}},
]  # fmt: skip
garbage = st.sampled_from(NASTY)


def places(told: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value in a JSON document."""
    yield at
    if isinstance(told, (dict, list)):
        for key in told if isinstance(told, dict) else range(len(told)):
            yield from places(told[key], (*at, key))


def replaced(told: Any, at: tuple[Any, ...], value: Any, leave_out: bool) -> Any:
    """The same document with another value in one place, or without it."""
    if not at:
        return value
    changed = copy.deepcopy(told)
    inner = changed
    for key in at[:-1]:
        inner = inner[key]
    if leave_out:
        del inner[at[-1]]
    else:
        inner[at[-1]] = value
    return changed


def reporting(text: str, name: str) -> Outcome:
    return Outcome("look", {"web1": HostOutcome("web1", facts={name: text})})


def shown(name: str, text: str) -> Outcome:
    """Draw what a host reports as a task does."""
    outcome = reporting(text, name)
    found = facts_by_host(outcome, name)
    DRAW[name](found)
    host = outcome.hosts["web1"]
    assert found or (host.state == "failed" and host.message.startswith(f"web1: what it reports as {name} cannot be"))
    return outcome


@pytest.mark.parametrize("name", GOOD)
def test_what_an_honest_host_reports_is_understood(name: str) -> None:
    assert shown(name, json.dumps(GOOD[name])).ok


@settings(max_examples=400, deadline=None)
@given(name=st.sampled_from(sorted(GOOD)), value=garbage, leave_out=st.booleans(), data=st.data())
def test_a_host_that_reports_garbage_has_failed_or_is_drawn(
    name: str, value: Any, leave_out: bool, data: st.DataObject
) -> None:
    at = data.draw(st.sampled_from(list(places(GOOD[name]))))
    shown(name, json.dumps(replaced(GOOD[name], at, value, leave_out)))


@pytest.mark.parametrize("value", ["x", [], 5, {}, {"well": False}, {"well": False, "why": 5}, {"well": True},
                                   {"well": True, "why": "", "exit": 0, "ms": "x"}])  # fmt: skip
@pytest.mark.parametrize("health", [None, GOOD["state"]["health"]])
def test_a_health_command_that_said_nothing_readable_makes_the_host_fail(value: Any, health: Any) -> None:
    told = {**GOOD["state"], "health": health, "check": value}
    assert shown("state", json.dumps(told)).hosts["web1"].state == "failed"


def test_a_healthy_answer_without_a_time_is_drawn() -> None:
    told = {**GOOD["state"], "health": {**GOOD["state"]["health"], "well": True, "ms": None}}
    assert shown("state", json.dumps(told)).ok


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "1" * 5000, "NaN", "null", '"x"', "\x1b[2J"])
@pytest.mark.parametrize("name", GOOD)
def test_a_host_that_reports_no_json_has_failed(name: str, text: str) -> None:
    host = shown(name, text).hosts["web1"]
    assert host.state == "failed"
    assert "fab ssh --hosts=web1" in host.hint


@settings(max_examples=200, deadline=None)
@given(value=garbage, leave_out=st.booleans(), data=st.data())
def test_settings_of_a_release_that_is_damaged_are_one_error(value: Any, leave_out: bool, data: st.DataObject) -> None:
    at = data.draw(st.sampled_from(list(places(RELEASE))))
    text = json.dumps(replaced(RELEASE, at, value, leave_out))
    outcome = Outcome("env", {"web1": HostOutcome("web1", facts={"current": ID, "release": text})})
    one = target("web1")
    with suppress(SlipwayError, GitError):
        sources_of_running([one.host], current_settings(outcome))


@settings(max_examples=200, deadline=None)
@given(value=garbage, leave_out=st.booleans(), data=st.data())
def test_overrides_that_are_damaged_are_one_error(value: Any, leave_out: bool, data: st.DataObject) -> None:
    entry = {"value": "s3cret", "who": "ann", "when": WHEN}
    good = {"env": {"A": entry}, "generated": {"B": entry}, "when": WHEN,
            "scale": {"web": {"count": 2, "who": "ann", "when": WHEN}}}  # fmt: skip
    at = data.draw(st.sampled_from(list(places(good))))
    try:
        told = Overrides.read(json.dumps(replaced(good, at, value, leave_out)).encode(), "web1")
        told.render()
        assert all(one.value is None or one.value.reveal() for one in told.env.values() if value not in ("",))
    except SlipwayError as error:
        assert error.message.startswith("web1: ")
        assert "s3cret" not in error.message


def test_a_secret_fact_that_is_no_file_is_one_error_with_the_hosts_name() -> None:
    told = {"kept": Secret("%%%"), "environment": Secret("")}
    facts = {"current": ID, "release": json.dumps(RELEASE)}
    outcome = Outcome("env", {"web1": HostOutcome("web1", facts=facts, hidden=told)})
    with pytest.raises(SlipwayError, match="web1: what it sends as kept cannot be read"):
        current_settings(outcome)


@pytest.mark.parametrize("told", ["{", "[]", '{"default": 5}', '{"default": [5]}', "null"])
def test_migrations_that_cannot_be_read_stop_a_rollback_with_one_error(told: str) -> None:
    host = HostOutcome("web1", facts={"current": ID, "whole": ID, f"applied.{ID}": told})
    with pytest.raises(SlipwayError, match="web1: what it reports as applied cannot be read"):
        RollbackCandidates.of(host)


def test_what_is_no_release_is_nothing_to_go_back_to() -> None:
    host = HostOutcome("web1", facts={"current": ID, "whole": f"../../etc x - {ID}"})
    assert RollbackCandidates.of(host).whole == (ID,)
    with pytest.raises(SlipwayError, match="no release 'x'"):
        choose({"web1": RollbackCandidates.of(host)}, "x")


@pytest.mark.parametrize("release", ["--output=/tmp/x", "-x", "a-b-$(id)", "20261120-131502-HEAD", "x"])
def test_what_is_no_release_gives_git_no_word_to_read(release: str) -> None:
    assert commit_of(release) == ""


@pytest.mark.parametrize(
    "frame", ["source 0|{", "source 0|[]", "source x|{}", "lines 7 - 1:2:3|x", "lines|x", "alive|", "source 0|null"]
)
def test_log_frames_that_cannot_be_read_end_the_host_with_one_error(frame: str) -> None:
    from slipway.fleet.stream_program_output import Frame

    class Streamed:
        def frames(self) -> Iterator[Frame]:
            words, _, data = frame.partition("|")
            yield Frame([word.encode() for word in words.split()], data.encode())

        def cut(self) -> None: ...

    host = target("web1").host
    query = make_query([host], follow=False, lines=5, since="", grep="", process="", release="", timed=False)
    feed = HostFeed(host, query, Merge(["web1"]), lambda *_: Streamed(), print)  # type: ignore[arg-type]
    feed.run()
    assert feed.failure
    assert feed.failure.message == "web1: the lines that it sends cannot be read"


@pytest.mark.parametrize("number", [1e300, -1e300, float("inf"), float("nan"), 1 << 60])
def test_a_record_of_the_apps_with_a_time_that_is_none_is_no_record(number: float) -> None:
    assert is_record({"started": 1.7e9})
    assert not is_record({"started": number})
