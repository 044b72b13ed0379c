"""What `stop_until_start` stops stays stopped until somebody starts it."""

from __future__ import annotations

import os
from typing import Any

from tests.remote.run_program import Done
from tests.remote.supervisor_bench import Bench


def stop(bench: Bench, *processes: str) -> Done:
    (bench.base / "stopped").mkdir(exist_ok=True)
    options: dict[str, Any] = {"supervisor": bench.supervisor, "base": str(bench.base), "grace": 5, "wait": 10}
    return bench.run(
        "supervisor.stop_until_start",
        {**options, "processes": processes, "stopped": f"{bench.base}/stopped", "who": "ann"},
    )


def deployed(bench: Bench) -> None:
    """A release with a worker, and the standby before it."""
    bench.run("web.boot", bench.release("r0"))
    options = bench.release("r1")
    bench.run("web.boot", options)
    bench.add("r1.mails", bench.base, "/bin/sleep 100")
    bench.run("web.boot", {**options, "programs": ["r1.mails"], "socket": None, "log": None})
    (bench.base / "current").symlink_to(bench.base / "releases" / "r1")
    (bench.base / "standby").symlink_to(bench.base / "releases" / "r0")
    conf = bench.base / "releases" / "r1" / "conf"
    conf.mkdir()
    for name in ("web", "mails"):
        (conf / f"{name}.program").write_text(f"[program:r1.{name}]\n")


def test_one_process_is_stopped_and_nothing_else(bench: Bench) -> None:
    deployed(bench)
    done = stop(bench, "mails")
    assert (done.code, done.facts["changed"]) == (0, "mails stopped")
    assert set(bench.states()) == {"r0.web", "r1.web"}
    assert sorted(os.listdir(bench.base / "supervisor.d")) == ["r0.web.conf", "r1.web.conf"]
    assert (bench.base / "stopped" / "mails").read_text() == "ann\n"
    assert "changed" not in stop(bench, "mails").facts


def test_everything_is_stopped_the_standby_too(bench: Bench) -> None:
    deployed(bench)
    assert stop(bench).code == 0
    assert bench.states() == {}
    assert os.listdir(bench.base / "supervisor.d") == []
    assert sorted(os.listdir(bench.base / "stopped")) == ["mails", "web"]


def test_a_process_that_is_not_there_is_said_and_nothing_is_stopped(bench: Bench) -> None:
    deployed(bench)
    done = stop(bench, "mails", "beat")
    assert done.code == 1
    assert "no process beat; it has mails, web" in done.text
    assert os.listdir(bench.base / "stopped") == []


def test_what_is_stopped_is_not_booted_with_the_others(bench: Bench) -> None:
    deployed(bench)
    stop(bench, "mails")
    bench.add("r1.mails", bench.base, "/bin/sleep 100")
    options = {"supervisor": bench.supervisor, "programs": ["r1.mails"], "socket": None, "timeout": 5}
    assert bench.run("web.boot", {**options, "stopped": f"{bench.base}/stopped"}).facts["boot"]["started"] == []
    assert bench.run("web.boot", {**options, "only": ["beat"]}).facts["boot"]["started"] == []
    assert bench.run("web.boot", {**options, "only": ["mails"]}).facts["boot"]["started"] == ["r1.mails"]
