"""How the app is on each host, as a table."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from textwrap import dedent
from typing import Any

import pytest

from slipway.inventory.app import App, Backup
from slipway.output.colours import Style
from slipway.output.json_output import to_json
from slipway.output.status import HostStatus, ProcessStatus, host_status, status_table
from slipway.output.text_width import width

NOW = datetime(2026, 11, 20, 13, 18, 2, tzinfo=timezone.utc)
NO_DEATHS: dict[str, Any] = {"killed": 0, "deaths": []}
NO_LIMITS = {"memory": None, "memory_most": None, "cpu_most": None}
STATE: dict[str, Any] = {
    "base": True,
    "current": "20261120-131502-abc1234",
    "standby": "20261119-101500-def5678",
    "release": {"subject": "Fix the form", "when": "2026-11-20T13:15:02+00:00"},
    "supervisord": None,
    "processes": [
        {"program": "20261119-101500-def5678.web", "name": "20261119-101500-def5678.web", "exits": 0, "why": "",
         "release": "20261119-101500-def5678", "process": "web", "state": "RUNNING", "pid": 41, "uptime": 90000,
         **NO_DEATHS},
        {"program": "20261120-131502-abc1234.web", "name": "20261120-131502-abc1234.web", "exits": 0, "why": "",
         "release": "20261120-131502-abc1234", "process": "web", "state": "RUNNING", "pid": 4242, "uptime": 180,
         **NO_DEATHS},
        {"program": "20261120-131502-abc1234.mail", "name": "20261120-131502-abc1234.mail", "exits": 0, "why": "",
         "release": "20261120-131502-abc1234", "process": "mail", "state": "BACKOFF", "pid": None, "uptime": None,
         **NO_DEATHS},
    ],
    "stopped": {},
    "missing": [],
    "memory_kills": None,
    "open_ports": [],
    "limits": NO_LIMITS,
    "health": {"status": 200, "ms": 3.2, "well": True, "why": "", "app": None},
    "site": "",
    "lock": None,
    "operation": None,
    "journal": False,
    "backup": None,
    "maintenance": None,
    "disk": {"free": 5 * 1024**3},
}  # fmt: skip


def test_a_table_with_a_line_for_each_process() -> None:
    away = HostStatus("web2", troubles=["cannot connect to deploy@10.0.0.2:22: no answer within 10 s"])
    expected = """
        host  release                  commit        since      process        state    pid    up  health          free
        web1  20261120-131502-abc1234  Fix the form  3 min ago  web            running  4242  3 min  200 in 3 ms  5.0 GiB
                                                                mail           backoff
                                                                web (standby)  running    41   25 h
        web2

        not healthy: web1: mail does not run (backoff); `fab logs --process=mail` says why
        not healthy: web2: cannot connect to deploy@10.0.0.2:22: no answer within 10 s
        """  # noqa: E501
    lines = status_table([host_status("web1", STATE), away], now=NOW)
    assert [line.split() for line in lines] == [line.split() for line in dedent(expected).strip("\n").splitlines()]
    assert len({line.index("running") for line in lines if "running" in line}) == 1


def test_programs_read_the_same_as_people() -> None:
    (host,) = json.loads(to_json({"hosts": [host_status("web1", STATE)]}))["hosts"]
    assert (host["host"], host["release"], host["well"]) == ("web1", "20261120-131502-abc1234", False)
    assert host["troubles"] == ["mail does not run (backoff); `fab logs --process=mail` says why"]
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
        well=False,
        health="200 in 3 ms",
        disk_free=5 * 1024**3,
        troubles=("mail does not run (backoff); `fab logs --process=mail` says why",),
    )


def test_a_bare_host_and_an_empty_one_say_so() -> None:
    empty = STATE | {"current": None, "standby": None, "release": None, "processes": [], "health": None}
    assert host_status("web1", empty).troubles == ("nothing deployed yet",)
    bare = empty | {"base": False, "supervisord": "no socket"}
    assert host_status("web1", bare).troubles == ("not provisioned",)
    down = STATE | {"supervisord": "supervisord does not answer", "processes": []}
    assert host_status("web1", down).troubles == ("supervisord does not answer",)


def test_what_is_not_healthy_says_why_in_red() -> None:
    ill = STATE | {"health": {"status": 500, "ms": 3.2, "well": False, "why": "GET / was answered 500", "app": False}}
    lines = status_table([host_status("web1", ill)], now=NOW)
    assert "not healthy (500)" in lines[1]
    assert "not healthy: web1: GET / was answered 500" in lines
    painted = "\n".join(status_table([host_status("web1", ill)], now=NOW, style=Style(colour=True)))
    assert "\x1b[1;31mnot healthy (500)" in painted
    assert "\x1b[1;31mbackoff" in painted
    assert "\x1b[32mrunning" in painted


UP: dict[str, Any] = {**STATE, "processes": STATE["processes"][:2]}
MAIL = {**STATE["processes"][2], "state": "RUNNING", "pid": 7, "uptime": 5}


def told(**state: Any) -> tuple[bool, str]:
    """Whether an app is well, and what is said of it, in a terminal of 60 columns."""
    status = host_status("web1", {**UP, **state}, App(name="shop"))
    lines = status_table([status], now=NOW, width=60)
    return status.well, " ".join(" ".join(lines[lines.index("") :] if "" in lines else []).split())


def test_an_app_whose_processes_run_is_healthy() -> None:
    assert told() == (True, "")


def test_a_dead_nginx_is_not_healthy_and_is_told_whole() -> None:
    why = "nginx: GET / (Host: www.example.org) at 127.0.0.1:80: Connection refused; `systemctl status nginx` says more"
    health = {"status": None, "ms": None, "well": False, "why": why, "app": True}
    assert told(health=health) == (False, f"not healthy: web1: {why}")


@pytest.mark.parametrize("state", ["FATAL", "BACKOFF", "EXITED", "STOPPED", "UNKNOWN"])
def test_a_worker_that_does_not_run_is_not_healthy(state: str) -> None:
    well, said = told(processes=[*UP["processes"], {**MAIL, "state": state, "pid": None, "uptime": None}])
    assert (well, f"mail does not run ({state.lower()})" in said) == (False, True)


def test_a_worker_that_keeps_ending_is_not_healthy() -> None:
    assert told(processes=[*UP["processes"], {**MAIL, "exits": 1}]) == (True, "")
    well, said = told(processes=[*UP["processes"], {**MAIL, "exits": 4}])
    assert (well, "mail keeps ending and is started again; it ended 4 times" in said) == (False, True)
    assert told(processes=[*UP["processes"], {**MAIL, "exits": 4, "uptime": 300}])[0]


def test_a_web_server_whose_workers_die_again_and_again_is_not_healthy_though_it_answers() -> None:
    web = UP["processes"][1]
    well, said = told(standby=None, processes=[{**web, "deaths": ["exit code 3"] * 4}])
    assert not well
    assert "workers of web keep dying and are started again: 4 times in the last 10 minutes (exit code 3)" in said
    assert told(standby=None, processes=[{**web, "deaths": ["SIGABRT"]}]) == (True, "")


def test_what_the_kernel_killed_for_want_of_memory_is_told_as_that() -> None:
    web = UP["processes"][1]
    well, said = told(standby=None, processes=[{**web, "deaths": ["SIGKILL"] * 3}], memory_kills=3)
    assert not well
    assert "(SIGKILL, by the kernel, for want of memory)" in said
    assert "the kernel has killed processes of the app 3 times since its supervisord was started: there was no" in said
    limited = {**NO_LIMITS, "memory_most": 512 << 20}
    said = told(standby=None, limits=limited, memory_kills=1)[1]
    assert "killed processes of the app once since its supervisord was started: the app has a limit of 512 MiB" in said
    assert (
        "(SIGKILL: often for want of memory)" in told(standby=None, processes=[{**web, "deaths": ["SIGKILL"] * 3}])[1]
    )
    assert told(standby=None, processes=[{**web, "deaths": ["SIGKILL"]}]) == (
        True, "note: web1: web: killed once in the last 10 minutes (SIGKILL)"
    )  # fmt: skip
    assert told(standby=None, processes=[web, {**MAIL, "uptime": 300, "exits": 2, "killed": 2}]) == (
        True, "note: web1: mail: killed 2 times in the last 10 minutes (SIGKILL)"
    )  # fmt: skip


def test_a_worker_that_supervisord_does_not_know_is_not_healthy() -> None:
    assert told(missing=["mail"])[0] is False
    assert told(missing=["mail"], stopped={"mail": "ann@desk since 12:00"}) == (
        False,
        "not healthy: web1: mail stopped by ann@desk since 12:00; `fab start` starts it",
    )


def test_a_lock_an_operation_and_half_of_one_are_told_and_are_no_illness() -> None:
    assert told(lock="ann@desk since 12:00 UTC: sale") == (
        True,
        "note: web1: locked by ann@desk since 12:00 UTC: sale; `fab unlock` takes the lock away",
    )
    assert host_status("web1", {**UP, "lock": "ann@desk"}).lock == "ann@desk"
    lock = '{"who": "ann@desk", "since": "2026-11-20 13:00:00", "operation": "deploy"}'
    assert "an operation runs: deploy by ann@desk since" in told(operation=lock)[1]
    well, said = told(journal=True)
    assert (well, "an operation was cut off here" in said) == (True, True)


def test_a_site_that_differs_is_told() -> None:
    assert told(site="nginx's site is not what the inventory says") == (
        True,
        "note: web1: nginx's site is not what the inventory says",
    )


def test_a_standby_that_is_not_there_is_told() -> None:
    well, said = told(processes=UP["processes"][1:])
    assert (well, "the standby 20261119-101500-def5678 does not run" in said) == (True, True)


def test_the_table_keeps_to_a_terminal() -> None:
    for columns in (40, 80, 120):
        lines = status_table([host_status("web1", STATE)], now=NOW, width=columns)
        assert all(width(line) <= columns for line in lines)


def test_maintenance_is_told_first() -> None:
    told = {"who": "ann@desk", "since": "2026-11-20T13:06:02+00:00", "message": "New shelves.\nBack at noon."}
    rows = status_table([host_status("web1", {**STATE, "maintenance": told})], now=NOW)
    (line,) = [row for row in rows if row.startswith("note:")]
    assert line == "note: web1: maintenance on 12 min ago, by ann@desk: New shelves. Back at noon."


def test_a_scale_that_is_not_the_inventorys_is_told() -> None:
    scaled = {
        **STATE,
        "release": {"scale": {"web": {"count": 4, "who": "ann@laptop", "when": "2026-11-20T13:15:02+00:00"}}},
    }
    assert host_status("web1", scaled, App(name="shop")).notes == ("web scaled to 4, 2 in the inventory",)
    assert host_status("web1", STATE, App(name="shop")).notes == ()


def test_without_a_web_side_the_health_command_says_how_it_is() -> None:
    check = {"exit": 0, "ms": 41.2, "well": True, "why": ""}
    told = {**STATE, "web": False, "health": None, "processes": STATE["processes"][1:2], "standby": None}
    status = host_status("web1", {**told, "check": check}, App(name="hello", web=False))
    assert (status.well, status.health, status.notes) == (True, "exit 0 in 41 ms", ())
    why = "the health command exits with 3: python check.py"
    status = host_status("web1", {**told, "check": {**check, "exit": 3, "well": False, "why": why}})
    assert (status.well, status.health, status.troubles) == (False, "not healthy (exit 3)", (why,))


@pytest.mark.parametrize("columns", [60, 80])
def test_a_narrow_terminal_cuts_nothing_that_matters(columns: int) -> None:
    hosts = [host_status(name, STATE) for name in ("web1", "web2.example.org")]
    text = "\n".join(status_table(hosts, now=NOW, width=columns))
    assert all(width(line) <= columns for line in text.splitlines())
    for part in (
        "abc1234",
        "3 min ago",
        "200 in 3 ms",
        "5.0 GiB",
        "backoff",
        "web (standby)",
        "web2.example.org",
        "4242",
    ):
        assert part in text, text


def test_hosts_stand_in_blocks_where_a_table_does_not_fit() -> None:
    lines = status_table([host_status("web1", STATE)], now=NOW, width=60)
    assert lines[:6] == [
        "web1  200 in 3 ms  5.0 GiB",
        "  20261120-131502-abc1234  3 min ago  Fix the form",
        "  process        state     pid     up",
        "  web            running  4242  3 min",
        "  mail           backoff",
        "  web (standby)  running    41   25 h",
    ]


BACKED_UP = App(name="hello", backup=Backup(schedule="daily 03:00"))


def backup_of(hours: float | None, **more: str) -> dict[str, Any]:
    proved = None if hours is None else time.time() - hours * 3600
    return {**STATE, "backup": {"proved": proved, "not_proved": None, "failed": None, **more}}


def about_backups(texts: Sequence[str]) -> list[str]:
    return [text for text in texts if "backup" in text]


def test_a_backup_that_is_too_old_or_missing_is_not_healthy_where_one_is_due() -> None:
    assert about_backups(host_status("web1", {**STATE, "backup": None}).troubles) == [], "nobody wants any"
    missing = host_status("web1", {**STATE, "backup": None}, BACKED_UP)
    assert not missing.well
    assert about_backups(missing.troubles) == [
        "there is no backup that was proved to restore; `fab db.backup` makes one"
    ]
    old = host_status("web1", backup_of(30, failed="the disk is full"), BACKED_UP)
    assert about_backups(old.troubles) == ["the last backup that was proved to restore is 30 h old: the disk is full"]
    young = host_status("web1", backup_of(5), BACKED_UP)
    assert about_backups(young.troubles) == []
    assert about_backups(young.notes) == ["last proved backup 5 h ago"]
    later = host_status("web1", backup_of(5, not_proved="x"), BACKED_UP)
    assert about_backups(later.notes) == ["last proved backup 5 h ago; a later one failed: x"]
