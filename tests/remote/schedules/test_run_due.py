"""`run_due`: a schedule that is due runs once, on the host whose minute it is."""

from __future__ import annotations

import fcntl
import json
import time
from pathlib import Path
from typing import Any

import pytest

from slipway.remote.schedules import run_due
from slipway.remote.schedules.list import schedules_of
from slipway.remote.tasks.process_sessions import read_record

NOW = 30_000_000  # minutes since the epoch


class ScheduledApp:
    """An app's folder with a release r1 that is current, and has schedules."""

    def __init__(self, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.base = base
        self.options: dict[str, Any] = {
            "base": str(base),
            "release": "r1",
            "host": "web1",
            "schedules": {"tick": {"cron": "* * * * *", "command": "echo $WORD; exit 3"}},
        }
        for name in ("log", "schedules", "releases/r1/conf", "releases/r2"):
            (base / name).mkdir(parents=True)
        (base / "current").symlink_to("releases/r1")
        (base / "releases/r1/conf/schedules.json").write_text(json.dumps(self.options))
        run = base / "releases" / "r1" / "conf" / "run"
        run.write_text('#!/bin/sh\nWORD=hello exec "$@"\n')
        run.chmod(0o755)
        self.assign("web1")
        self.begun: list[tuple[str, int]] = []
        self.start = run_due.start
        monkeypatch.setattr(run_due, "start", self._start)

    def _start(self, options: dict[str, Any], name: str, command: str, minute: int) -> None:
        self.begun.append((name, minute))

    def assign(self, host: str, since: int = 0, before: str | None = None) -> None:
        record = {"host": host, "from": since * 60, "before": before, "decided": 1}
        (self.base / "schedules" / "assigned.json").write_text(json.dumps(record))

    def look(self, *minutes: int) -> list[int]:
        """Look in these minutes; returns those that were run."""
        self.begun.clear()
        for minute in minutes:
            run_due.look(self.options, minute)
        return [minute for _, minute in self.begun]

    def told(self, name: str) -> dict[str, Any] | None:
        return read_record(str(self.base / "schedules" / "tick"), name)

    @property
    def log(self) -> Path:
        return self.base / "log" / "tick.r1.log"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScheduledApp:
    return ScheduledApp(tmp_path, monkeypatch)


def test_each_minute_once_from_the_next_one_on(app: ScheduledApp) -> None:
    assert app.look(NOW, NOW, NOW + 1, NOW + 1, NOW + 2) == [NOW + 1, NOW + 2]


def test_what_was_missed_is_made_up_for_once_and_only_for_a_while(app: ScheduledApp) -> None:
    app.look(NOW)
    assert app.look(NOW + 4) == [NOW + 4]  # one run for three that are late
    app.options["schedules"]["tick"]["cron"] = f"{(NOW + 5) % 60} * * * *"
    assert app.look(NOW + 4 + run_due.CATCH_UP) == [NOW + 5]
    assert app.look(NOW + 30) == []
    assert app.look(NOW + 65 + run_due.CATCH_UP) == []


def test_after_the_clock_was_set_back_nothing_runs_again_unless_it_was_far_off(app: ScheduledApp) -> None:
    app.look(NOW, NOW + 1)
    assert app.look(NOW - 60, NOW, NOW + 1, NOW + 2) == [NOW + 2]
    assert app.look(NOW - 500, NOW - 499) == [NOW - 499]


def test_another_release_is_none_of_our_business(app: ScheduledApp) -> None:
    app.look(NOW)
    (app.base / "current").unlink()
    (app.base / "current").symlink_to("releases/r2")
    assert app.look(NOW + 1) == []
    (app.base / "current").unlink()
    (app.base / "current").symlink_to("releases/r1")
    assert app.look(NOW + 2) == [NOW + 2]


def test_a_minute_belongs_to_one_host(app: ScheduledApp) -> None:
    app.look(NOW)
    app.assign("web2", since=NOW + 3, before="web1")
    assert app.look(NOW + 1, NOW + 2, NOW + 3, NOW + 4) == [NOW + 1, NOW + 2]
    app.options["host"] = "web2"
    (app.base / "schedules" / "seen.json").unlink()
    assert app.look(NOW, NOW + 1, NOW + 2, NOW + 3, NOW + 4) == [NOW + 3, NOW + 4]
    (app.base / "schedules" / "assigned.json").unlink()
    assert app.look(NOW + 5) == []


def test_two_that_run_at_once_claim_each_run_once(app: ScheduledApp) -> None:
    folder = str(app.base)
    assert run_due.claim(folder, NOW)
    assert not run_due.claim(folder, NOW)
    assert not run_due.claim(folder, NOW - 60)
    assert run_due.claim(folder, NOW + 1)
    assert run_due.claim(folder, NOW - 500)


def finished(app: ScheduledApp) -> dict[str, Any]:
    deadline = time.monotonic() + 10
    while not app.told("last.json") and not app.told("left-out.json"):
        assert time.monotonic() < deadline, app.log.read_text()
        time.sleep(0.02)
    time.sleep(0.05)
    return app.told("last.json") or {}


def test_a_run_has_the_releases_environment_and_leaves_a_record_and_a_log(app: ScheduledApp) -> None:
    app.start(app.options, "tick", "echo $WORD; exit 3", NOW)
    last = finished(app)
    assert (last["minute"], last["code"], last["release"]) == (NOW, 3, "r1")
    said = app.log.read_text().splitlines()
    assert said[0] == "hello"
    assert said[1].endswith("Z tick: exit code 3 after " + f"{last['seconds']:.2f} s")
    assert app.told("running.json") is None
    (one,) = (schedules_of(str(app.base)) or {})["schedules"]
    assert (one["name"], one["running"], one["last"]["code"]) == ("tick", None, 3)


def test_a_run_is_left_out_while_the_one_before_goes_on(app: ScheduledApp) -> None:
    folder = app.base / "schedules" / "tick"
    folder.mkdir()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        app.start(app.options, "tick", "true", NOW)
        assert finished(app) == {}
    assert "left out, since the run before still goes on" in app.log.read_text()


def test_a_log_that_has_grown_large_begins_anew(app: ScheduledApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_due, "LOG_BYTES", 3)
    for text in ("first", "second", "third", "fourth", "fifth"):
        run_due.rotate(str(app.log))
        app.log.write_text(text)
    names = sorted(path.name for path in (app.base / "log").iterdir())
    assert names == ["tick.r1.log", *(f"tick.r1.log.{number}" for number in (1, 2, 3))]
    assert (app.base / "log" / "tick.r1.log.3").read_text() == "second"


def test_a_release_without_schedules_lists_none(tmp_path: Path) -> None:
    assert schedules_of(str(tmp_path)) is None


GARBAGE = ("{", "[]", "{}", '{"pid": 1}', '{"started": "x"}', '{"started": 1e300}', '{"seconds": 1}', '{"when": []}')


@pytest.mark.parametrize("text", GARBAGE)
@pytest.mark.parametrize("name", ["running.json", "last.json", "left-out.json"])
def test_records_that_the_app_has_spoilt_are_none(app: ScheduledApp, name: str, text: str) -> None:
    folder = app.base / "schedules" / "tick"
    folder.mkdir(exist_ok=True)
    app.options["schedules"] = {"tick": {"cron": "* * * * *", "command": "true"}}
    conf = app.base / "current" / "conf"
    conf.mkdir(parents=True, exist_ok=True)
    (conf / "schedules.json").write_text(json.dumps({"host": "web1", "schedules": app.options["schedules"]}))
    (folder / name).write_text(text)
    (one,) = (schedules_of(str(app.base)) or {})["schedules"]
    assert {one[key] for key in ("running", "cut_off", "last", "left_out")} == {None}
