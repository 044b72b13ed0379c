"""`boot` against real processes: what passes, what is rejected and why, and that nothing is left of it."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.remote.bench import Bench


def test_a_good_release_passes_with_its_time_and_pids(bench: Bench) -> None:
    done = bench.run("boot", bench.release("r1", workers=2))
    assert done.code == 0, done.text
    boot = done.facts["boot"]
    assert boot["started"] == ["r1.web"]
    assert boot["answer"]["status"] == 200
    assert boot["pids"]["r1.web"] == [bench.rpc("getAllProcessInfo")[0]["pid"]]
    assert boot["seconds"] < 5


def test_what_runs_already_is_only_checked(bench: Bench) -> None:
    options = bench.release("r1")
    first = bench.run("boot", options).facts["boot"]
    again = bench.run("boot", options).facts["boot"]
    assert again["started"] == []
    assert again["pids"] == first["pids"]


def test_what_runs_already_is_left_alone_when_it_is_not_well(bench: Bench) -> None:
    options = bench.release("r1")
    bench.run("boot", options)
    done = bench.run("boot", {**options, "health": "/404"})
    assert done.code == 1
    assert bench.states() in ({"r1.web": "RUNNING"}, {"r1.web": "STARTING"})
    assert Path(options["socket"]).exists()


@pytest.mark.parametrize(
    ("app", "timeout", "reasons"),
    [
        ("raises", 10, ["r1.web ended while it booted.", "No module named 'a_module_that_nobody_installed'"]),
        (
            "answers_500",
            10,
            ["was answered 500: Server Error no such table: book", "the log says: no such table"],
        ),
        ("hangs", 1, ["Still booting after 1 s: 0 of 1 workers", "waiting for the database"]),
        ("dies", 10, ["its workers die as soon as they start", "SIGKILL"]),
    ],
)
def test_a_broken_release_is_rejected_with_the_reason_and_nothing_is_left(
    bench: Bench, app: str, timeout: float, reasons: list[str]
) -> None:
    options = bench.release("r1", app)
    done = bench.run("boot", {**options, "timeout": timeout})
    assert done.code == 1
    for reason in reasons:
        assert reason in done.text
    assert done.seconds < timeout + 2
    assert bench.states() == {}
    assert bench.mine() == [bench.supervisord.pid] if bench.supervisord else False
    assert not Path(options["files"]["r1.web"]).exists()
    assert not Path(options["socket"]).exists()


def test_503_is_asked_again_until_it_is_ready(bench: Bench) -> None:
    done = bench.run("boot", bench.release("r1", "warms"))
    assert done.code == 0, done.text


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/400", "Allow 'example.org' in the app (Django: ALLOWED_HOSTS)"),
        ("/404", "was answered 404"),
        ("/302", "a redirect to https://example.org/"),
    ],
)
def test_a_wrong_status_is_rejected_at_once(bench: Bench, path: str, reason: str) -> None:
    done = bench.run("boot", {**bench.release("r1"), "health": path})
    assert done.code == 1
    assert reason in done.text


def test_without_a_health_path_any_answer_but_400_and_5xx_is_well(bench: Bench) -> None:
    assert bench.run("boot", {**bench.release("r1"), "health": None}).code == 0


def test_a_worker_process_must_stay_up(bench: Bench) -> None:
    bench.add("r1.worker", bench.base, "sleep 100", startsecs=1)
    options = {"supervisor": bench.supervisor, "programs": ["r1.worker"], "socket": None, "timeout": 10}
    done = bench.run("boot", options)
    assert done.code == 0, done.text
    assert done.facts["boot"]["seconds"] > 0.9


def test_a_worker_process_that_ends_takes_the_web_process_with_it(bench: Bench) -> None:
    options = bench.release("r1")
    bench.add("r1.worker", bench.base, "sh -c 'echo no queue; sleep 0.3; exit 7'")
    programs = ["r1.web", "r1.worker"]
    done = bench.run(
        "boot", {**options, "programs": programs, "logs": {"r1.worker": f"{bench.base}/log/r1.worker.log"}}
    )
    assert done.code == 1
    assert "r1.worker ended while it booted." in done.text
    assert done.text.endswith("no queue")
    assert bench.states() == {}


def test_a_program_without_a_file_is_a_clear_line(bench: Bench) -> None:
    done = bench.run("boot", {"supervisor": bench.supervisor, "programs": ["r9.web"], "timeout": 5})
    assert (done.code, done.text) == (1, "supervisord knows no program r9.web: where is its file?")


def test_a_command_that_does_not_exist_is_a_clear_line(bench: Bench) -> None:
    bench.add("r1.web", bench.base, "/no/such/gunicorn")
    done = bench.run("boot", {"supervisor": bench.supervisor, "programs": ["r1.web"], "timeout": 5})
    assert done.code == 1
    assert "/no/such/gunicorn" in done.text
    assert bench.states() == {}


def test_a_broken_file_of_any_program_is_named(bench: Bench) -> None:
    (bench.base / "supervisor.d" / "other.conf").write_text("[program:other\ncommand=true\n")
    done = bench.run("boot", bench.release("r1"))
    assert done.code == 1
    assert "supervisord cannot read its programs" in done.text
    assert "other.conf" in done.text


def test_several_processes_of_one_program_must_all_stay_up(bench: Bench) -> None:
    bench.add("r1.worker", bench.base, "sleep 100", startsecs=1)
    with Path(bench.files("r1.worker")["r1.worker"]).open("a") as file:
        file.write("numprocs=3\nprocess_name=%(program_name)s-%(process_num)d\n")
    done = bench.run("boot", {"supervisor": bench.supervisor, "programs": ["r1.worker"], "timeout": 10})
    assert done.code == 0, done.text
    assert len(done.facts["boot"]["pids"]["r1.worker"]) == 3


def test_being_told_to_end_takes_everything_back(bench: Bench) -> None:
    running = bench.begin("boot", bench.release("r1", "hangs"))
    bench.until(lambda: bench.states().get("r1.web") == "STARTING")
    running.send_signal(signal.SIGTERM)
    done = bench.finish(running)
    assert done.code == 130
    assert bench.states() == {}


def test_a_program_that_still_stops_is_waited_for_and_started_anew(bench: Bench) -> None:
    options = bench.release("r1")
    first = bench.run("boot", options).facts["boot"]["pids"]
    bench.rpc("stopProcessGroup", "r1.web", False)
    done = bench.run("boot", options)
    assert done.code == 0, done.text
    assert done.facts["boot"]["pids"] != first


def test_without_supervisord_it_says_so_at_once(bench: Bench) -> None:
    options = bench.release("r1")
    bench.kill_supervisor()
    began = time.monotonic()
    done = bench.run("boot", options)
    assert done.code == 1
    assert "supervisord does not answer" in done.text
    assert time.monotonic() - began < 1
