"""`fab restart`: the same release anew, on all hosts or on none, and nobody notices."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.load import Visitors
from tests.hosts.project import Project

HOSTS = ("lab1", "lab2", "lab3")
# A worker that takes three seconds to finish, and says when it has.
WORKER = """import signal, sys, time
over = []
signal.signal(signal.SIGTERM, lambda *_: over.append(1))
while not over:
    time.sleep(0.1)
time.sleep(3)
print("finished in peace", flush=True)
"""


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    workers = {
        "worker": {"command": "python patient.py", "stop_timeout": 20},
        "pair": {"command": "python worker.py", "count": 2},
    }
    project = new_project("again", on=HOSTS, processes=workers)
    project.write("patient.py", WORKER)
    project.commit("Add a patient worker")
    project.deploy()
    project.say("second")
    project.deploy()
    return project


def ps(project: Project, host: str) -> list[dict[str, Any]]:
    """What `fab ps` says of what runs on a host."""
    run = project.fab("ps", f"--hosts={host}", "--json")
    assert run.code == 0, run.text
    found: list[dict[str, Any]] = json.loads(run.out)["hosts"][host]["processes"]
    return [one for one in found if one["state"] != "STOPPED"]


def pids(project: Project, host: str, role: str = "current") -> dict[str, int]:
    return {one["name"]: one["pid"] for one in ps(project, host) if one["role"] == role}


def restart(project: Project, *words: str) -> None:
    run = project.fab("restart", *words)
    assert run.code == 0, run.text


def test_a_restart_loses_no_request_and_replaces_every_process(project: Project) -> None:
    before = {host: (project.current(host), pids(project, host)) for host in HOSTS}
    with Visitors(project, rate=25) as visitors:
        restart(project)
        restart(project)
        time.sleep(1)
    visitors.check()
    for host in HOSTS:
        release, old = before[host]
        new = pids(project, host)
        assert project.current(host) == release
        assert set(new) == set(old) == {"web", "worker", "pair-0", "pair-1"}
        assert not set(new.values()) & set(old.values())
        assert visitors.releases(host) == [release]


def test_a_worker_gets_its_time_to_finish(project: Project) -> None:
    release = project.current("lab1")
    project.on("lab1", "sleep 8")
    assert project.on("lab1", f"cat log/worker*.{release}.log | grep -c 'finished in peace'") == "2"


def test_only_the_process_that_is_named_is_restarted(project: Project) -> None:
    old = pids(project, "lab2")
    restart(project, "--process=worker")
    new = pids(project, "lab2")
    assert [name for name in old if old[name] != new[name]] == ["worker"]
    assert project.fab("restart", "--process=nothing").code == 2


def test_a_release_that_no_longer_boots_leaves_everything_as_it_was(project: Project) -> None:
    old = {host: pids(project, host) for host in HOSTS}
    before = project.traces()
    project.on("lab3", "sed -i '1i raise SystemExit(7)' current/app/app.py")
    with Visitors(project, rate=15) as visitors:
        run = project.fab("restart")
    project.on("lab3", "sed -i 1d current/app/app.py")
    assert run.code == 1
    assert "lab3" in run.err and "every host serves what it served before" in run.err
    visitors.check(least=5)  # it is over soon, and slow visitors keep two workers busy
    assert {host: pids(project, host) for host in HOSTS} == old
    assert project.traces() == before


def test_a_client_that_is_killed_in_the_middle_leaves_everything_as_it_was(project: Project) -> None:
    old = {host: pids(project, host) for host in HOSTS}
    before = project.traces()
    project.on("lab2", "sed -i '1i import time; time.sleep(6)' current/app/app.py")
    with Visitors(project, rate=15) as visitors:
        running = project.start("restart")
        time.sleep(3)
        running.send_signal(signal.SIGKILL)
        running.communicate()
        time.sleep(2)
    project.on("lab2", "sed -i 1d current/app/app.py")
    visitors.check(least=5)
    assert project.traces() == before
    assert {host: pids(project, host) for host in HOSTS} == old


def test_a_host_that_loses_its_power_in_the_middle_comes_back_with_what_it_had(project: Project) -> None:
    project.on("lab2", "sed -i '1i import time; time.sleep(6)' current/app/app.py")
    running = project.start("restart")
    time.sleep(3)
    project.hosts.kill("lab1")
    text = "".join(running.communicate())
    project.on("lab2", "sed -i 1d current/app/app.py")
    assert running.returncode == 1, text
    project.hosts.start("lab1")
    deadline = time.monotonic() + 30
    while len(pids(project, "lab1")) < 4 and time.monotonic() < deadline:
        time.sleep(0.5)
    for host in HOSTS:
        assert set(pids(project, host)) == {"web", "worker", "pair-0", "pair-1"}
        assert project.page(host)["text"] == "second"
        assert project.on(host, "ls supervisor.d | grep -c $(readlink current | cut -d / -f 2)") == "3"
    assert project.on("lab1", "ls -d undo* current/conf/again current/run/*.back 2> /dev/null || true") == ""
    restart(project)


def test_a_reboot_brings_up_what_was_restarted(project: Project) -> None:
    project.hosts.restart("lab3")
    deadline = time.monotonic() + 30
    while project.get("lab3").status != 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert project.page("lab3")["text"] == "second"
    assert set(pids(project, "lab3")) == {"web", "worker", "pair-0", "pair-1"}
    assert set(pids(project, "lab3", "old")) == set()


def test_rollback_and_deploy_go_on_as_ever(project: Project) -> None:
    release = project.current("lab1")
    with Visitors(project, rate=15) as visitors:
        assert project.fab("rollback").code == 0
        restart(project, "--process=web")
        standby = pids(project, "lab1", "standby")
        assert project.fab("rollback", f"--to={release}").code == 0
        assert pids(project, "lab1")["web"] == standby["web"]  # the restarted one was there still
        project.say("third")
        project.deploy()
    visitors.check()
    assert [page["text"] for page in project.pages()] == ["third"] * 3
    about = [
        one
        for one in json.loads(project.fab("history", "--json").out)["hosts"]["lab1"]
        if one["operation"] == "restart"
    ]
    assert (about[-1]["message"], about[-1]["outcome"]) == ("web", "ok")
