"""`boot` against real processes: what is rejected and why, and that nothing is left of it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.remote.supervisor_bench import Bench


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
    done = bench.run("web.boot", {**options, "timeout": timeout})
    assert done.code == 1
    for reason in reasons:
        assert reason in done.text
    assert done.seconds < timeout + 2
    assert bench.states() == {}
    assert bench.mine() == [bench.supervisord.pid] if bench.supervisord else False
    assert not Path(options["files"]["r1.web"]).exists()
    assert not Path(options["socket"]).exists()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/400", "Allow 'example.org' in the app (Django: ALLOWED_HOSTS)"),
        ("/404", "was answered 404"),
        ("/302", "a redirect to https://elsewhere.example.org/"),
    ],
)
def test_a_wrong_status_is_rejected_at_once(bench: Bench, path: str, reason: str) -> None:
    done = bench.run("web.boot", {**bench.release("r1"), "health": path})
    assert done.code == 1
    assert reason in done.text


def test_a_worker_process_that_ends_takes_the_web_process_with_it(bench: Bench) -> None:
    options = bench.release("r1")
    bench.add("r1.worker", bench.base, "sh -c 'echo no queue; sleep 0.3; exit 7'")
    programs = ["r1.web", "r1.worker"]
    done = bench.run(
        "web.boot", {**options, "programs": programs, "logs": {"r1.worker": f"{bench.base}/log/r1.worker.log"}}
    )
    assert done.code == 1
    assert "r1.worker ended while it booted." in done.text
    assert done.text.endswith("no queue")
    assert bench.states() == {}


def test_a_program_without_a_file_is_a_clear_line(bench: Bench) -> None:
    done = bench.run("web.boot", {"supervisor": bench.supervisor, "programs": ["r9.web"], "timeout": 5})
    assert (done.code, done.text) == (1, "supervisord knows no program r9.web: where is its file?")


def test_a_command_that_does_not_exist_is_a_clear_line(bench: Bench) -> None:
    bench.add("r1.web", bench.base, "/no/such/gunicorn")
    done = bench.run("web.boot", {"supervisor": bench.supervisor, "programs": ["r1.web"], "timeout": 5})
    assert done.code == 1
    assert "/no/such/gunicorn" in done.text
    assert bench.states() == {}


def test_a_broken_file_of_any_program_is_named(bench: Bench) -> None:
    (bench.base / "supervisor.d" / "other.conf").write_text("[program:other\ncommand=true\n")
    done = bench.run("web.boot", bench.release("r1"))
    assert done.code == 1
    assert "supervisord cannot read its programs" in done.text
    assert "other.conf" in done.text


def test_without_supervisord_it_says_so_at_once(bench: Bench) -> None:
    options = bench.release("r1")
    bench.kill_supervisor()
    began = time.monotonic()
    done = bench.run("web.boot", options)
    assert done.code == 1
    assert "supervisord does not answer" in done.text
    assert time.monotonic() - began < 1
