"""`watch_processes`: whether all processes of the current release run, and go on running."""

from __future__ import annotations

from pathlib import Path

from tests.remote.run_program import Done
from tests.remote.supervisor_bench import Bench


def watch(bench: Bench, seconds: float) -> Done:
    return bench.run(
        "supervisor.watch_processes", {"supervisor": bench.supervisor, "base": str(bench.base), "seconds": seconds}
    )


def deployed(bench: Bench) -> Path:
    bench.run("web.boot", bench.release("r1", workers=1))
    release = bench.base / "releases" / "r1"
    (bench.base / "current").symlink_to(release)
    conf = release / "conf"
    conf.mkdir()
    (conf / "web.program").write_text("[program:r1.web]\n")
    return conf


def test_what_runs_goes_on_running(bench: Bench) -> None:
    deployed(bench)
    bench.until(lambda: watch(bench, 0).code == 0)
    done = watch(bench, 0.3)
    assert (done.code, done.facts["watched"]) == (0, {"seconds": 0.3, "processes": 1})


def test_what_does_not_run_is_a_failure_unless_people_have_stopped_it(bench: Bench) -> None:
    conf = deployed(bench)
    (conf / "mails.program").write_text("[program:r1.mails]\n")
    done = watch(bench, 0)
    assert (done.code, "r1.mails does not run" in done.text) == (1, True)
    (bench.base / "stopped").mkdir()
    (bench.base / "stopped" / "mails").write_text("ann\n")
    bench.until(lambda: watch(bench, 0).code == 0)
