"""A one-off task's runner, as it runs on a host: a record, an exit code, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from slipway.remote import program
from slipway.remote.tasks.process_sessions import members
from slipway.steps.run_as_recorded_task import _START

TEXT = f"{program('tasks.run')}\n"


def start(folder: Path | None, *argv: str, given: str = "", **options: Any) -> subprocess.Popen[bytes]:
    """Start the runner; its standard input stays open."""
    runner = subprocess.Popen(
        ["python3", "-I", "-c", _START, str(len(TEXT.encode()))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    about = {"id": "t1", "who": "ann@laptop"}
    told = {"argv": argv, "given": len(given), "about": about, **({"folder": str(folder)} if folder else {}), **options}
    assert runner.stdin
    runner.stdin.write(f"{TEXT}{json.dumps(told)}\n{given}".encode())
    runner.stdin.flush()
    return runner


def finish(runner: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    assert runner.stdout
    said = runner.stdout.read()
    return runner.wait(timeout=20), said


def record(folder: Path, name: str = "end.json", within: float = 10) -> dict[str, Any]:
    deadline = time.monotonic() + within
    while not (folder / name).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    told: dict[str, Any] = json.loads((folder / name).read_text())
    return told


@pytest.mark.parametrize(("line", "code"), [("true", 0), ("exit 3", 3), ("kill -9 $$", 137), ("nothing-like-it", 127)])
def test_the_exit_code_is_that_of_the_command(tmp_path: Path, line: str, code: int) -> None:
    assert finish(start(tmp_path / "t", "sh", "-c", line))[0] == code
    ended = record(tmp_path / "t")
    assert (ended["code"], ended["state"]) == (code, "failed" if code else "succeeded")


def test_output_is_shown_and_kept_in_order_byte_for_byte(tmp_path: Path) -> None:
    line = r"printf 'a\001done 1 0\n\377'; echo err >&2; seq 200000; printf end"
    _, said = finish(start(tmp_path / "t", "sh", "-c", line))
    kept = (tmp_path / "t" / "output").read_bytes()
    assert kept.startswith(b"a\x01done 1 0\n\xfferr\n1\n2\n") and kept.endswith(b"200000\nend")
    assert said == kept.replace(b"\x01", b"?")  # what a command says can never pass for a fact


def test_a_command_reads_what_it_is_given_and_else_nothing() -> None:
    assert finish(start(None, "cat", given="x" * 100_000)) == (0, b"x" * 100_000)
    assert finish(start(None, "cat")) == (0, b"")


def test_what_a_command_leaves_running_ends_with_it(tmp_path: Path) -> None:
    code, said = finish(start(tmp_path / "t", "sh", "-c", "sleep 1000 & echo $!"))
    assert code == 0
    assert not os.path.exists(f"/proc/{int(said)}/cmdline") or not Path(f"/proc/{int(said)}/cmdline").read_bytes()


@pytest.mark.parametrize("how", ["the client is gone", "TERM"])
def test_the_end_of_the_client_is_the_end_of_all_processes(tmp_path: Path, how: str) -> None:
    runner = start(tmp_path / "t", "sh", "-c", "sleep 1000 & sleep 1000")
    session = record(tmp_path / "t", "task.json")["session"]
    assert runner.stdin
    if how == "TERM":
        runner.send_signal(signal.SIGTERM)
    else:
        runner.stdin.close()
    assert finish(runner)[0] == 143
    assert members(session) == []
    assert record(tmp_path / "t")["state"] == "stopped"


def test_a_client_that_reads_no_more_and_goes_leaves_nothing_behind(tmp_path: Path) -> None:
    runner = start(tmp_path / "t", "yes")
    session = record(tmp_path / "t", "task.json")["session"]
    time.sleep(0.3)  # the pipe is full by then
    assert runner.stdin and runner.stdout
    runner.stdin.close()
    deadline = time.monotonic() + 5
    while members(session) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert members(session) == []
    runner.stdout.close()
    runner.wait(timeout=10)
    assert record(tmp_path / "t")["state"] == "stopped"


def test_what_does_not_want_to_end_is_killed(tmp_path: Path) -> None:
    runner = start(tmp_path / "t", "sh", "-c", "trap '' TERM; echo on; while :; do sleep 0.1; done")
    assert runner.stdin and runner.stdout
    runner.stdout.readline()
    began = time.monotonic()
    runner.stdin.close()
    assert finish(runner)[0] == 137
    assert time.monotonic() - began < 5


def test_a_timeout_ends_it_with_124(tmp_path: Path) -> None:
    code, said = finish(start(tmp_path / "t", "sleep", "1000", timeout=0.3))
    assert (code, said) == (124, b"ended after 0.3 s, as --timeout says\n")
    assert record(tmp_path / "t")["state"] == "failed"


def test_a_detached_task_goes_on_without_anybody(tmp_path: Path) -> None:
    runner = start(tmp_path / "t", "sh", "-c", "echo begin; sleep 0.5; echo end; exit 4", detach=True)
    assert finish(runner) == (0, b"\x01fact task t1\n")
    assert not (tmp_path / "t" / "end.json").exists()
    assert record(tmp_path / "t")["code"] == 4
    assert (tmp_path / "t" / "output").read_bytes() == b"begin\nend\n"


def test_without_a_release_nothing_runs(tmp_path: Path) -> None:
    code, said = finish(start(tmp_path / "t", "true", base=str(tmp_path)))
    assert (code, said) == (1, b"\x01fail nothing has been deployed here yet: run `fab deploy` first\n")
    assert not (tmp_path / "t").exists()


def test_links_that_lead_nowhere_keep_no_task_from_running(tmp_path: Path) -> None:
    """The app may write among the records of tasks."""
    for number in range(205):
        (tmp_path / f"planted{number}").symlink_to("gone")
    os.mkfifo(tmp_path / "pipe")
    assert finish(start(tmp_path / "t", "true")) == (0, b"")
