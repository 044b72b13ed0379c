"""How the app is on each host, as a table."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from textwrap import dedent
from typing import Any

from slipway.inventory.app import App
from slipway.output.colours import Style
from slipway.output.json_output import to_json
from slipway.output.status import HostStatus, ProcessStatus, host_status, status_table
from slipway.output.text_width import width

NOW = datetime(2026, 11, 20, 13, 18, 2, tzinfo=timezone.utc)
STATE: dict[str, Any] = {
    "base": True,
    "current": "20261120-131502-abc1234",
    "standby": "20261119-101500-def5678",
    "release": {"subject": "Fix the form", "when": "2026-11-20T13:15:02+00:00"},
    "supervisord": None,
    "processes": [
        {"program": "20261119-101500-def5678.web", "release": "20261119-101500-def5678", "process": "web",
         "state": "RUNNING", "pid": 41, "uptime": 90000},
        {"program": "20261120-131502-abc1234.web", "release": "20261120-131502-abc1234", "process": "web",
         "state": "RUNNING", "pid": 4242, "uptime": 180},
        {"program": "20261120-131502-abc1234.mail", "release": "20261120-131502-abc1234", "process": "mail",
         "state": "BACKOFF", "pid": None, "uptime": None},
    ],
    "health": {"status": 200, "ms": 3.2, "well": True, "why": ""},
    "disk": {"free": 5 * 1024**3},
}  # fmt: skip


def test_a_table_with_a_line_for_each_process() -> None:
    away = HostStatus("web2", note="cannot connect to deploy@10.0.0.2:22: no answer within 10 s")
    expected = """
        host  release                  commit        since      process        state    pid    up  health          free  note
        web1  20261120-131502-abc1234  Fix the form  3 min ago  web            running  4242  3 min  200 in 3 ms  5.0 GiB
                                                                mail           backoff
                                                                web (standby)  running    41   25 h
        web2                                                                                                              cannot connect to deploy@10.0.0.2:22: no answer within 10 s
        """  # noqa: E501
    lines = status_table([host_status("web1", STATE), away], now=NOW)
    assert [line.split() for line in lines] == [line.split() for line in dedent(expected).strip("\n").splitlines()]
    assert len({line.index("running") for line in lines if "running" in line}) == 1


def test_programs_read_the_same_as_people() -> None:
    (host,) = json.loads(to_json({"hosts": [host_status("web1", STATE)]}))["hosts"]
    assert (host["host"], host["release"], host["well"]) == ("web1", "20261120-131502-abc1234", True)
    assert [process["name"] for process in host["processes"]] == ["web", "mail", "web (standby)"]


def test_what_a_host_reports_becomes_its_status() -> None:
    assert host_status("web1", STATE) == HostStatus(
        host="web1",
        release="20261120-131502-abc1234",
        commit="Fix the form",
        since=NOW - timedelta(minutes=3),
        processes=[
            ProcessStatus("web", "RUNNING", 4242, 180),
            ProcessStatus("mail", "BACKOFF", None, None),
            ProcessStatus("web (standby)", "RUNNING", 41, 90000),
        ],
        well=True,
        health="200 in 3 ms",
        disk_free=5 * 1024**3,
    )


def test_a_bare_host_and_an_empty_one_say_so() -> None:
    empty = STATE | {"current": None, "standby": None, "release": None, "processes": [], "health": None}
    assert host_status("web1", empty).note == "nothing deployed yet"
    bare = empty | {"base": False, "supervisord": "no socket"}
    assert host_status("web1", bare).note == "not provisioned"
    down = STATE | {"supervisord": "supervisord does not answer", "processes": []}
    assert host_status("web1", down).note == "supervisord does not answer"


def test_what_is_not_well_says_why_in_red() -> None:
    ill = STATE | {"health": {"status": 500, "ms": 3.2, "well": False, "why": "GET /healthz answers 500"}}
    (line,) = [line for line in status_table([host_status("web1", ill)], now=NOW) if "500" in line]
    assert "GET /healthz answers 500" in line
    painted = "\n".join(status_table([host_status("web1", ill)], now=NOW, style=Style(colour=True)))
    assert "\x1b[1;31mGET /healthz answers 500" in painted
    assert "\x1b[1;31mbackoff" in painted
    assert "\x1b[32mrunning" in painted


def test_the_table_keeps_to_a_terminal() -> None:
    for columns in (40, 80, 120):
        lines = status_table([host_status("web1", STATE)], now=NOW, width=columns)
        assert all(width(line) <= columns for line in lines)


def test_maintenance_is_told_first() -> None:
    told = {"who": "ann@desk", "since": "2026-11-20T13:06:02+00:00", "message": "New shelves.\nBack at noon."}
    rows = status_table([host_status("web1", {**STATE, "maintenance": told})], now=NOW)
    assert "maintenance on 12 min ago, by ann@desk: New shelves. Back at noon." in rows[1]


def test_a_scale_that_is_not_the_inventorys_is_told() -> None:
    scaled = {
        **STATE,
        "release": {"scale": {"web": {"count": 4, "who": "ann@laptop", "when": "2026-11-20T13:15:02+00:00"}}},
    }
    assert host_status("web1", scaled, App(name="shop")).note == "web scaled to 4, 2 in the inventory"
    assert host_status("web1", STATE, App(name="shop")).note == ""
