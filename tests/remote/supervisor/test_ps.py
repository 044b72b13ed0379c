"""`ps`: what runs, what it takes, and how often it ended by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.remote.supervisor_bench import Bench


def look(bench: Bench) -> dict[str, Any]:
    options = {"supervisor": bench.supervisor, "base": str(bench.base), "sample": 0.05}
    done = bench.run("supervisor.ps", {**options, "log": f"{bench.base}/log/supervisord.log"})
    assert done.code == 0, done.text
    found: dict[str, Any] = done.facts["ps"]
    return found


def deployed(bench: Bench) -> None:
    bench.run("web.boot", bench.release("r1", workers=2))
    (bench.base / "current").symlink_to(bench.base / "releases" / "r1")
    bench.until(lambda: look(bench)["processes"][0]["state"] == "RUNNING")


def test_a_web_process_runs_as_soon_as_its_release_serves_whatever_supervisord_waits_for(bench: Bench) -> None:
    bench.run("web.boot", bench.release("r1", workers=2, startsecs=30))
    assert bench.states() == {"r1.web": "STARTING"}
    assert [one["state"] for one in look(bench)["processes"]] == ["STARTING"]  # it is booted beside what serves
    (bench.base / "current").symlink_to(bench.base / "releases" / "r1")
    (web,) = look(bench)["processes"]
    assert web["state"] == "RUNNING"
    bench.kill(web["pid"])
    bench.until(lambda: look(bench)["processes"][0]["pid"] not in (None, web["pid"]))
    assert look(bench)["processes"][0]["state"] == "STARTING"


def test_a_process_is_told_with_what_its_children_take(bench: Bench) -> None:
    deployed(bench)
    (web,) = look(bench)["processes"]
    assert (web["name"], web["role"], web["state"], web["restarts"]) == ("web", "current", "RUNNING", 0)
    assert web["measure"] == "pss"
    assert web["memory"] > 15_000_000
    assert web["cpu_seconds"] > 0 <= web["cpu"]


def test_what_ended_by_itself_was_restarted_and_what_was_told_to_end_was_not(bench: Bench) -> None:
    deployed(bench)
    for _ in range(2):
        (web,) = look(bench)["processes"]
        bench.kill(web["pid"])
        gone = (None, web["pid"])
        bench.until(lambda: look(bench)["processes"][0]["pid"] not in gone)  # noqa: B023
        bench.until(lambda: look(bench)["processes"][0]["state"] == "RUNNING")
    bench.rpc("stopProcessGroup", "r1.web", True)
    bench.rpc("startProcessGroup", "r1.web", True)
    (web,) = look(bench)["processes"]
    assert (web["restarts"], web["exits"]) == (2, 2)


def test_what_should_run_and_is_not_known_is_missing(bench: Bench) -> None:
    deployed(bench)
    conf = bench.base / "releases" / "r1" / "conf"
    conf.mkdir()
    Path(conf, "mails.program").touch()
    assert [(one["name"], one["state"]) for one in look(bench)["processes"]] == [
        ("web", "RUNNING"),
        ("mails", "MISSING"),
    ]


def test_a_dead_supervisord_is_told(bench: Bench) -> None:
    bench.kill_supervisor()
    found = look(bench)
    assert "supervisord does not answer" in found["supervisord"]
    assert found["processes"] == []
