"""The processes of the app on each host, as a table."""

from __future__ import annotations

from typing import Any

from slipway.output.ps import ps_table


def one(name: str, state: str = "RUNNING", **more: Any) -> dict[str, Any]:
    up = state in ("RUNNING", "STOPPING")
    usual = {
        "name": name,
        "process": name,
        "release": "r2",
        "role": "current",
        "state": state,
        "restarts": 0,
        "why": "",
    }
    took = {"pid": 42, "uptime": 180, "memory": 92 << 20, "measure": "pss", "cpu": 3.6, "exit": None}
    return {**usual, **(took if up else {**dict.fromkeys(took), "exit": 1}), **more}


NO_LIMITS = {"memory": None, "memory_most": None, "cpu_most": None}


def drawn(**hosts: Any) -> list[str]:
    usual: dict[str, Any] = {
        "current": "r2",
        "standby": "r1",
        "supervisord": None,
        "processes": [],
        "limits": NO_LIMITS,
    }
    return [" ".join(line.split()) for line in ps_table({name: {**usual, **told} for name, told in hosts.items()})]


def test_current_processes_come_first_with_web_at_their_head() -> None:
    old = one("web", release="r1", role="standby")
    lines = drawn(web1={"processes": [old, one("mails", restarts=2), one("web")]})
    assert lines[1:] == [
        "web1 web r2 running 42 3 min 92 MiB 4 % 0",
        "mails r2 running 42 3 min 92 MiB 4 % 2",
        "web r1 running 42 3 min 92 MiB 4 % 0 standby",
    ]


def test_limits_are_shown_with_what_is_used_of_them() -> None:
    limits = {"memory": 92 << 20, "memory_most": 512 << 20, "cpu_most": 150}
    assert drawn(web1={"limits": limits}, web2={})[-1] == "limits on web1: memory 92 MiB of 512 MiB, cpu 150 % at most"


def test_what_ends_and_what_has_ended() -> None:
    ended = one("worker", "STOPPED", role="standby")
    lines = drawn(web1={"processes": [one("web", "STOPPING", role="old", release="r0"), ended]})
    assert lines[1:] == ["web1 web r0 draining 42 3 min 92 MiB 4 % 0 old"]


def test_what_does_not_run_says_why() -> None:
    lines = drawn(web1={"processes": [one("mails", "FATAL", why="Exited too quickly")]})
    assert lines[1:] == ["web1 mails r2 fatal 0 Exited too quickly"]


def test_what_keeps_ending_is_told() -> None:
    lines = drawn(web1={"processes": [one("mails", uptime=3, exits=7, restarts=9), one("web", exits=1, uptime=3)]})
    assert lines[1].startswith("web1 web")
    assert not lines[1].endswith("minutes")
    assert lines[2].endswith("9 keeps ending: 7 times in the last 10 minutes")


def test_a_host_without_anything_and_one_without_supervisord() -> None:
    lines = drawn(web1={"current": None}, web2={"supervisord": "it does not answer"})
    assert lines[1:] == ["web1 nothing deployed yet", "web2 it does not answer"]


def test_resident_memory_is_named_as_such() -> None:
    assert "resident" in drawn(web1={"processes": [one("web", measure="rss")]})[-1]
