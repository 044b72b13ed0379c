"""`boot` against real processes: what passes, and what is left alone."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.remote.supervisor_bench import Bench


def test_a_good_release_passes_with_its_time_and_pids(bench: Bench) -> None:
    done = bench.run("web.boot", bench.release("r1", workers=2))
    assert done.code == 0, done.text
    boot = done.facts["boot"]
    assert boot["started"] == ["r1.web"]
    assert boot["answer"]["status"] == 200
    assert boot["pids"]["r1.web"] == [bench.rpc("getAllProcessInfo")[0]["pid"]]
    assert boot["seconds"] < 5


def test_what_runs_already_is_only_checked(bench: Bench) -> None:
    options = bench.release("r1")
    first = bench.run("web.boot", options).facts["boot"]
    again = bench.run("web.boot", options).facts["boot"]
    assert again["started"] == []
    assert again["pids"] == first["pids"]


def test_what_runs_already_is_left_alone_when_it_is_not_healthy(bench: Bench) -> None:
    options = bench.release("r1")
    bench.run("web.boot", options)
    done = bench.run("web.boot", {**options, "health": "/404"})
    assert done.code == 1
    assert bench.states() in ({"r1.web": "RUNNING"}, {"r1.web": "STARTING"})
    assert Path(options["socket"]).exists()


def test_503_is_asked_again_until_it_is_ready(bench: Bench) -> None:
    done = bench.run("web.boot", bench.release("r1", "warms"))
    assert done.code == 0, done.text


def test_without_a_health_path_any_answer_but_400_and_5xx_is_healthy(bench: Bench) -> None:
    assert bench.run("web.boot", {**bench.release("r1"), "health": None}).code == 0


def test_a_worker_process_must_stay_up(bench: Bench) -> None:
    bench.add("r1.worker", bench.base, "sleep 100", startsecs=1)
    options = {"supervisor": bench.supervisor, "programs": ["r1.worker"], "socket": None, "timeout": 10}
    done = bench.run("web.boot", options)
    assert done.code == 0, done.text
    assert done.facts["boot"]["seconds"] > 0.9


def test_several_processes_of_one_program_must_all_stay_up(bench: Bench) -> None:
    bench.add("r1.worker", bench.base, "sleep 100", startsecs=1)
    with Path(bench.files("r1.worker")["r1.worker"]).open("a") as file:
        file.write("numprocs=3\nprocess_name=%(program_name)s-%(process_num)d\n")
    done = bench.run("web.boot", {"supervisor": bench.supervisor, "programs": ["r1.worker"], "timeout": 10})
    assert done.code == 0, done.text
    assert len(done.facts["boot"]["pids"]["r1.worker"]) == 3


def test_being_told_to_end_takes_everything_back(bench: Bench) -> None:
    running = bench.begin("web.boot", bench.release("r1", "hangs"))
    bench.until(lambda: bench.states().get("r1.web") == "STARTING")
    running.send_signal(signal.SIGTERM)
    done = bench.finish(running)
    assert done.code == 130
    assert bench.states() == {}


def test_a_program_that_still_stops_is_waited_for_and_started_anew(bench: Bench) -> None:
    options = bench.release("r1")
    first = bench.run("web.boot", options).facts["boot"]["pids"]
    bench.rpc("stopProcessGroup", "r1.web", False)
    done = bench.run("web.boot", options)
    assert done.code == 0, done.text
    assert done.facts["boot"]["pids"] != first
