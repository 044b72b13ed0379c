"""Processes as a deploy sets them up: started again for as long as it takes, and watched before they count."""

from __future__ import annotations

import re
from pathlib import Path

from slipway.inventory.app import Process
from slipway.steps.config import program_file
from tests.remote.supervisor_bench import Bench
from tests.steps.targets import target

NAME = "r1.mails"


def add(bench: Bench, command: str, watch: int = 5) -> Path:
    """Write the file of a program as a deploy renders it, with a command that runs here; return its log."""
    log = bench.base / "log" / "mails.log"
    text = program_file(target(), "mails", Process(command="true", watch=watch))
    for key, value in {"command": f"sh -c '{command}'", "directory": bench.base, "stdout_logfile": log}.items():
        text, count = re.subn(rf"(?m)^{key}=.*$", f"{key}={value}", text)
        assert count == 1
    text = re.sub(r"\[program:.*\]", f"[program:{NAME}]", text)
    Path(bench.files(NAME)[NAME]).write_text(text)
    return log


def test_a_process_whose_database_is_away_is_tried_until_it_is_back(bench: Bench) -> None:
    """Three tries in a row, which was all, take six seconds."""
    add(bench, f"echo try >> {bench.base}/tries; test -e {bench.base}/database && exec sleep 100", watch=1)
    tries = bench.base / "tries"
    bench.rpc("reloadConfig")
    bench.rpc("addProcessGroup", NAME)
    bench.until(lambda: tries.exists() and len(tries.read_text().split()) >= 4)
    bench.until(lambda: bench.states()[NAME] in ("BACKOFF", "FATAL"))
    assert bench.states()[NAME] == "BACKOFF"
    (bench.base / "database").touch()
    bench.until(lambda: bench.states()[NAME] == "RUNNING")


def test_a_worker_that_ends_after_three_seconds_is_rejected_with_the_end_of_its_log(bench: Bench) -> None:
    log = add(bench, "echo no work today; sleep 3; exit 7")
    options = {"supervisor": bench.supervisor, "programs": [NAME], "timeout": 30, "logs": {NAME: str(log)}}
    done = bench.run("web.boot", {**options, "files": bench.files(NAME)})
    assert done.code == 1
    assert f"{NAME} ended while it booted" in done.text
    assert "no work today" in done.text
    assert bench.states() == {}


def test_what_is_tried_again_and_again_is_tried_at_once_and_stays_if_that_fails(bench: Bench) -> None:
    add(bench, f"echo try >> {bench.base}/tries; test -e {bench.base}/database && exec sleep 100", watch=1)
    bench.rpc("reloadConfig")
    bench.rpc("addProcessGroup", NAME)
    bench.until(lambda: bench.states()[NAME] == "BACKOFF")
    options = {"supervisor": bench.supervisor, "programs": [NAME], "timeout": 30, "files": bench.files(NAME)}
    assert bench.run("web.boot", options).code == 1
    assert bench.states()[NAME] == "BACKOFF"
    assert Path(bench.files(NAME)[NAME]).exists()
    (bench.base / "database").touch()
    done = bench.run("web.boot", options)
    assert (done.code, bench.states()[NAME]) == (0, "RUNNING"), done.text
