"""`fab stop` and `fab start`: what is stopped stays so, and everybody can see by whom."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.load import Visitors
from tests.hosts.project import Project, Run

HOSTS = ("lab1", "lab2", "lab3")


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    workers = {"worker": "python worker.py", "pair": {"command": "python worker.py", "count": 2}}
    project = new_project("halt", on=HOSTS, processes=workers)
    project.deploy()
    project.say("second")
    project.deploy()
    return project


def fab(project: Project, *words: str) -> Run:
    run = project.fab(*words)
    assert run.code == 0, run.text
    return run


def states(project: Project, host: str) -> dict[str, str]:
    """What `fab ps` says of the current release on a host."""
    found: list[dict[str, Any]] = json.loads(fab(project, "ps", "--json").out)["hosts"][host]["processes"]
    return {one["name"]: one["state"] for one in found if one["role"] == "current"}


def test_a_worker_is_stopped_over_a_reboot_and_says_by_whom(project: Project) -> None:
    with Visitors(project, rate=15) as visitors:
        fab(project, "stop", "--process=pair")
    visitors.check(least=5)
    assert states(project, "lab2") == {"web": "RUNNING", "worker": "RUNNING", "pair": "STOPPED"}
    assert "stopped by" in fab(project, "ps").out
    status = project.fab("status")
    assert status.code == 1  # a process does not run that should
    assert "pair stopped by" in status.out
    project.hosts.restart("lab3")
    deadline = time.monotonic() + 30
    while states(project, "lab3").get("web") != "RUNNING" and time.monotonic() < deadline:
        time.sleep(0.5)
    assert states(project, "lab3") == {"web": "RUNNING", "worker": "RUNNING", "pair": "STOPPED"}


def test_it_stays_stopped_over_a_deploy_a_restart_and_a_rollback_which_say_so(project: Project) -> None:
    project.say("third")
    assert "pair stays stopped" in project.deploy().out
    assert project.fab("restart", "--process=pair").code == 1
    fab(project, "restart")
    assert "pair stays stopped" in fab(project, "rollback").out
    for host in HOSTS:
        assert states(project, host)["pair"] == "STOPPED"
    fab(project, "start", "--process=pair")
    for host in HOSTS:
        assert set(states(project, host).values()) <= {"RUNNING", "STARTING"}
    assert "nothing to change" in fab(project, "start").out


def test_nobody_takes_the_site_off_by_mistake(project: Project) -> None:
    for words in (["stop"], ["stop", "--process=web"]):
        run = project.fab(*words)
        assert run.code == 2
        assert "--yes" in run.err
    assert project.page("lab1")["text"] == "second"


def test_a_stopped_site_answers_503_over_a_reboot_until_it_is_started(project: Project) -> None:
    fab(project, "stop", "--yes")
    for host in HOSTS:
        assert project.get(host).status == 503
    assert "gunicorn" not in project.on("lab1", f"pgrep -af {project.base}/ || true").replace("pgrep", "")
    project.hosts.restart("lab2")
    time.sleep(2)
    assert project.get("lab2").status == 503
    run = project.fab("status")
    assert run.code == 1
    assert "stopped by" in run.out
    fab(project, "start")
    assert [page["text"] for page in project.pages()] == ["second"] * 3
    last = json.loads(fab(project, "history", "--json", "--last=2").out)["hosts"]["lab1"]
    assert [(one["operation"], one["message"]) for one in last] == [
        ("stop", "all processes"), ("start", "all processes"),
    ]  # fmt: skip


def test_a_deploy_starts_the_site_and_one_that_fails_leaves_it_stopped(project: Project) -> None:
    fab(project, "stop", "--process=web", "--yes")
    project.replace("app.py", "def app(", "raise SystemExit(3)\ndef app(")
    broken = project.commit("Break it")
    project.failing()
    assert [project.get(host).status for host in HOSTS] == [503] * 3
    project.git("revert", "-n", broken)
    project.say("fourth")
    project.deploy()
    assert [page["text"] for page in project.pages()] == ["fourth"] * 3


def test_a_site_that_does_not_boot_is_not_started(project: Project) -> None:
    fab(project, "stop", "--process=web", "--yes")
    project.on("lab1", "sed -i '1i raise SystemExit(7)' current/app/app.py")
    run = project.fab("start")
    project.on("lab1", "sed -i 1d current/app/app.py")
    assert run.code == 1
    assert project.get("lab1").status == 503
    assert project.get("lab2").status == 200
    fab(project, "start", "--hosts=lab1")
    assert project.get("lab1").status == 200
