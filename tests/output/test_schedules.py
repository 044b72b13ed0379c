"""The schedules of the app, as a part of `fab ps`."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from slipway.output.schedules import schedules_table

NOW = datetime(2026, 11, 20, 13, 18, 0, tzinfo=timezone.utc)


def one(name: str, **more: Any) -> dict[str, Any]:
    usual = {
        "name": name,
        "cron": "*/5 * * * *",
        "command": "sync --all",
        "running": None,
        "last": None,
        "left_out": None,
        "cut_off": None,
    }
    return {**usual, "next": NOW.timestamp() + 125, **more}


def drawn(*schedules: Any, here: bool = True, state: str = "RUNNING", assigned: Any = None) -> list[str]:
    process = {"process": "schedules", "role": "current", "state": state}
    told = {"here": here, "assigned": assigned, "schedules": schedules}
    lines = schedules_table({"web1": {"schedules": told, "processes": [process]}}, now=NOW)
    return [" ".join(line.split()) for line in lines]


def test_a_schedule_with_its_last_run_and_its_next_one() -> None:
    last = {"started": NOW.timestamp() - 180, "seconds": 0.92, "code": 1}
    assert drawn(one("sync", last=last), one("new")) == [
        "",
        "host schedule cron state last run exit took next run command",
        "web1 sync */5 * * * * waiting 3 min ago 1 0.92 s in 2 min sync --all",
        "web1 new */5 * * * * waiting in 2 min sync --all",
    ]


def test_one_that_runs_and_one_that_was_left_out() -> None:
    lines = drawn(one("sync", running=NOW.timestamp() - 400, left_out=NOW.timestamp() - 100))
    assert lines[2] == "web1 sync */5 * * * * running in 2 min sync --all left out 1 min ago: the run before went on"


def test_a_run_that_was_left_out_is_of_no_interest_after_a_later_one() -> None:
    last = {"started": NOW.timestamp() - 60, "seconds": 0.92, "code": 0}
    assert "left out" not in drawn(one("sync", last=last, left_out=NOW.timestamp() - 100))[2]
    assert "left out" in drawn(one("sync", last=last, left_out=NOW.timestamp() - 10))[2]


def test_a_run_that_a_reboot_has_ended_is_said() -> None:
    assert drawn(one("sync", cut_off=NOW.timestamp() - 130))[2].endswith("a run of 2 min ago was cut off")


def test_stopped_schedules_have_no_next_run() -> None:
    assert drawn(one("sync"), state="STOPPED")[2] == "web1 sync */5 * * * * stopped sync --all"


def test_who_runs_them_is_said_if_it_is_nobody_here() -> None:
    assert drawn(one("sync"), here=False, assigned={"host": "web2"}) == ["", "schedules: run on web2"]
    assert drawn(one("sync"), here=False) == ["", "schedules: no host runs them yet"]
    assert schedules_table({"web1": {"schedules": None, "processes": []}}) == []
