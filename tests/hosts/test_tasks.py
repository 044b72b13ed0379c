"""One-off tasks and plain commands, as a user runs them."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project, wait

PLANTED = "planted s3cret $x 'y'"


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    made = new_project("chores", on=("lab1", "lab2"), env={"PLANTED": PLANTED}, migrate="echo migrated; id -un")
    made.deploy()
    return made


def tasks(project: Project, id: str) -> dict[str, dict[str, Any]]:
    """A task on each host that has it."""
    run = project.fab("tasks", "--json", "--last=200")
    assert run.code == 0, run.text
    hosts: dict[str, list[dict[str, Any]]] = json.loads(run.out)["hosts"]
    return {host: task for host, some in hosts.items() for task in some if id in task["id"]}


def running(project: Project, host: str, command: str) -> str:
    """The processes with a command line that is theirs alone; fab's own holds more than that."""
    return project.on(host, f"pgrep -afx '{command}' || true")


def test_a_task_runs_in_the_release_with_its_env_and_returns_its_code(project: Project) -> None:
    run = project.fab("run", '--command=pwd; id -un; command -v python; test -n "$PLANTED" && exit 3', "--name=look")
    assert run.code == 3, run.text
    release = f"{project.base}/releases/{project.current('lab1')}"
    user = project.name if not project.hosts.rootless else project.on("lab1", "stat -c %U .")
    assert run.out.splitlines() == [f"{release}/app", user, f"{release}/venv/bin/python"]
    (task,) = tasks(project, "look").values()
    assert (task["state"], task["code"], task["release"]) == ("failed", 3, project.current("lab1"))
    assert task["who"] and task["seconds"] is not None
    history = project.on("lab1", "tail -n 1 history.jsonl")
    assert json.loads(history)["operation"] == "task" and json.loads(history)["outcome"] == "failed"


def test_on_all_hosts_lines_say_whose_they_are(project: Project) -> None:
    run = project.fab("run", "--all", "--command=echo $SLIPWAY_HOST; [ $SLIPWAY_HOST = lab1 ] || exit 4")
    assert run.code == 4, run.text
    assert sorted(run.out.splitlines()) == ["lab1 | lab1", "lab2 | lab2"]
    assert "lab1: exit code 0" in run.err and "lab2: exit code 4" in run.err and "ok on 1 of 2 hosts" in run.err


@pytest.mark.parametrize("words", [("exec",), ("run", "--on=host")])
def test_a_plain_command_runs_everywhere_as_the_login_user(project: Project, words: tuple[str, ...]) -> None:
    run = project.fab(*words, "--command=id -un")
    assert run.code == 0, run.text
    assert "lab1: exit code 0" in run.err and "ok on 2 of 2 hosts" in run.err
    login = project.hosts["lab1"].user or "deploy"
    assert sorted(run.out.splitlines()) == [f"lab1 | {login}", f"lab2 | {login}"]


def test_a_detached_task_outlives_its_client_and_takes_no_lock(project: Project) -> None:
    run = project.fab("run", "--detach", "--name=slow", "--command=for n in 1 2 3 4 5 6; do echo $n; sleep 1; done")
    assert run.code == 0, run.text
    id = run.out.strip()
    assert tasks(project, id)["lab1"]["state"] == "running"
    assert "lock" not in project.deploy().err
    followed = project.fab("tasks.logs", f"--id={id}", "--follow")
    assert (followed.code, followed.out) == (0, "1\n2\n3\n4\n5\n6\n")
    assert tasks(project, id)["lab1"]["state"] == "succeeded"


def test_stopping_ends_the_whole_group(project: Project) -> None:
    run = project.fab("run", "--detach", "--all", "--name=long", "--command=sleep 7531 & sleep 7531")
    assert running(project, "lab2", "sleep 7531")
    stopped = project.fab("tasks.stop", f"--id={run.out.strip()}")
    assert (stopped.code, stopped.out) == (0, "lab1: stopped\nlab2: stopped\n"), stopped.text
    assert not running(project, "lab1", "sleep 7531") and not running(project, "lab2", "sleep 7531")
    assert {task["state"] for task in tasks(project, run.out.strip()).values()} == {"stopped"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_client_that_goes_leaves_nothing_behind(project: Project, number: signal.Signals) -> None:
    fab = project.start("run", "--command=sleep 8642 & sleep 8642", "--name=cut")
    deadline = time.monotonic() + 20
    while not running(project, "lab1", "sleep 8642") and time.monotonic() < deadline:
        time.sleep(0.2)
    fab.send_signal(number)
    assert wait(fab).code == (130 if number == signal.SIGINT else -9)
    deadline = time.monotonic() + 10
    while running(project, "lab1", "sleep 8642") and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not running(project, "lab1", "sleep 8642")
    while "cut" not in project.on("lab1", "tail -n 1 history.jsonl") and time.monotonic() < deadline:
        time.sleep(0.2)
    told = json.loads(project.on("lab1", "tail -n 1 history.jsonl"))
    assert (told["operation"], told["command"], told["outcome"]) == (
        "task",
        "sleep 8642 & sleep 8642",
        "interrupted",
    )
    assert told.get("by") == (None if number == signal.SIGINT else "the host itself")
    assert project.on("lab1", "ls -A | grep -F .lost || true") == ""


def test_a_timeout_ends_a_task(project: Project) -> None:
    run = project.fab("run", "--command=sleep 60", "--timeout=1", "--name=late")
    assert run.code == 124, run.text


def test_migrations_are_tasks_like_others(project: Project) -> None:
    assert tasks(project, "migrate")["lab1"]["state"] == "succeeded"
    assert "migrated" in project.fab("tasks.logs", f"--id={project.current('lab1')}-migrate").out


def test_values_of_the_environment_are_in_no_record(project: Project) -> None:
    shown = project.fab("tasks").text + project.fab("history").text
    kept = project.on("lab1", "cat tasks/*/* history.jsonl")
    assert "s3cret" not in shown + kept
