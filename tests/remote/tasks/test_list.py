"""Lists one-off tasks on a host, and stops them."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from slipway.remote.host.program_io import Failed
from slipway.remote.tasks import list as tasklist
from slipway.remote.tasks import output, process_sessions, stop
from tests.remote.tasks.test_run import finish, record, start


def listed(folder: Path, capsys: pytest.CaptureFixture[str], last: int = 9) -> list[dict[str, Any]]:
    tasklist.main({"tasks": str(folder), "last": last})
    told: list[dict[str, Any]] = json.loads(capsys.readouterr().out.removeprefix("\x01fact tasks "))
    return told


def test_a_task_is_running_and_then_what_became_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runner = start(tmp_path / "a", "sh", "-c", "sleep 0.7; exit 5")
    record(tmp_path / "a", "task.json")
    (task,) = listed(tmp_path, capsys)
    assert (task["state"], task["code"], task["who"]) == ("running", None, "ann@laptop")
    finish(runner)
    (task,) = listed(tmp_path, capsys)
    assert (task["state"], task["code"]) == ("failed", 5)
    assert 0.6 < task["seconds"] < 10


def test_a_task_whose_runner_was_killed_is_lost_when_nothing_of_it_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runner = start(tmp_path / "a", "sleep", "1000")
    session = record(tmp_path / "a", "task.json")["session"]
    runner.kill()
    runner.wait()
    assert listed(tmp_path, capsys)[0]["state"] == "running"
    process_sessions.signal_session(session, 9)
    assert process_sessions.over(session, 5)
    assert listed(tmp_path, capsys)[0]["state"] == "lost"


def test_a_task_from_before_a_reboot_is_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    about = {
        "id": "a",
        "pid": 1,
        "session": 1,
        "born": process_sessions.start_ticks(1),
        "boot": "another",
        "started": 1.0,
    }
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "task.json").write_text(json.dumps(about))
    assert listed(tmp_path, capsys)[0]["state"] == "lost"


def test_broken_records_and_a_missing_folder_are_no_tasks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "task.json").write_text("{")
    tasklist.main({"tasks": str(tmp_path), "last": 20})
    assert capsys.readouterr().out == "left out, since it is no record of a task: a\n\x01fact tasks []\n"
    assert listed(tmp_path / "none", capsys) == []


def test_a_stopped_task_says_who_stopped_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finish(start(tmp_path / "a", "sh", "-c", "sleep 1000 & sleep 1000", detach=True))
    session = record(tmp_path / "a", "task.json")["session"]
    stop.main({"folder": str(tmp_path / "a"), "who": "bob@pc", "grace": 5})
    assert capsys.readouterr().out == "\x01fact stopped stopped\n"
    assert process_sessions.members(session) == []
    ended = record(tmp_path / "a")
    assert (ended["state"], ended["why"], ended["code"]) == ("stopped", "stopped by bob@pc", 143)


def test_stopping_what_has_ended_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finish(start(tmp_path / "a", "true"))
    before = record(tmp_path / "a")
    stop.main({"folder": str(tmp_path / "a"), "who": "bob@pc", "grace": 5})
    assert capsys.readouterr().out == "\x01fact stopped succeeded\n"
    assert record(tmp_path / "a") == before
    with pytest.raises(Failed, match="no such task"):
        stop.main({"folder": str(tmp_path / "none"), "who": "bob@pc", "grace": 5})


def test_following_ends_with_the_task_and_misses_nothing(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    finish(start(tmp_path / "a", "sh", "-c", "for n in 1 2 3 4; do echo $n; sleep 0.15; done", detach=True))
    follower = threading.Thread(target=output.main, args=({"folder": str(tmp_path / "a"), "follow": True},))
    follower.start()
    follower.join(timeout=20)
    assert capfdbinary.readouterr().out == b"1\n2\n3\n4\n"


def test_the_programs_stand_by_themselves() -> None:
    from slipway.remote import program

    for name in ("tasks.list", "tasks.output", "tasks.stop"):
        done = subprocess.run(["python3", "-I", "-", '{"tasks": "/none", "folder": "/none", "last": 1, "who": "x"}'],
                              input=program(name), text=True, capture_output=True, check=False)  # fmt: skip
        assert (done.stderr, done.returncode) == ("", 0 if name == "tasks.list" else 1)
