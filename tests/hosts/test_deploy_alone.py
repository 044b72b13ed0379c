"""One operation at a time, and one that is cut off leaves nothing behind."""

from __future__ import annotations

import json
import signal
import time

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.load import Visitors
from tests.hosts.project import Project, wait

ON = ("lab1", "lab2")
BOOT = 2  # seconds that a release takes to boot: time enough to do something meanwhile


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("alone", on=ON, health="/healthz", gunicorn={"threads": 6})
    project.deploy()
    project.replace("app.py", "STARTED = ", f"time.sleep({BOOT})\nSTARTED = ")
    project.commit("Boot slowly")
    return project


def until_it_boots(project: Project, before: dict[str, str]) -> None:
    """Wait until a release boots beside what was there before, on every host."""
    many = {host: text.count("supervisor.d/") for host, text in before.items()}
    deadline = time.monotonic() + 30
    while not all(int(number) > many[host] for host, number in project.on_all("ls supervisor.d | wc -l").items()):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def until_locked(project: Project) -> None:
    """Wait until an operation holds the lock of every host."""
    deadline = time.monotonic() + 30
    while not all(project.on_all("cat lock").values()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_of_two_deploys_at_once_one_goes_and_the_other_learns_who_is_there(project: Project) -> None:
    first = project.start("deploy", "--again")
    until_locked(project)
    second = project.fab("deploy", "--again")
    done = wait(first)
    assert done.code == 0, done.text
    assert second.code == 1
    for part in ("lab1", "deploy", "since", "UTC", "--wait"):
        assert part in second.err
    assert {page["release"] for page in project.pages()} == {project.current("lab1")}


def test_the_second_one_can_wait_for_its_turn(project: Project) -> None:
    first = project.start("deploy", "--again")
    until_locked(project)
    second = project.fab("deploy", "--again", "--wait")
    done = wait(first)
    assert (done.code, second.code) == (0, 0), done.text + second.text
    outcomes = [json.loads(line)["outcome"] for line in project.on("lab1", "tail -n 2 history.jsonl").splitlines()]
    assert outcomes == ["ok", "ok"]


def test_when_the_control_machine_dies_the_hosts_put_themselves_right(project: Project) -> None:
    project.deploy("--ref=HEAD~1")  # the visitors are served by a release that boots at once
    before = project.traces()
    with Visitors(project, rate=20) as visitors:
        process = project.start("deploy", "--again")
        until_it_boots(project, before)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        deadline = time.monotonic() + 20
        while any(project.on_all("ls -d undo 2> /dev/null || true").values()):
            assert time.monotonic() < deadline, "a host did not undo by itself"
            time.sleep(0.2)
    visitors.check()
    assert project.traces() == before
    project.deploy()
    assert {page["release"] for page in project.pages()} == {project.current(host) for host in ON}


def test_ctrl_c_takes_everything_back_and_says_so(project: Project) -> None:
    before = project.traces()
    process = project.start("deploy", "--again")
    until_it_boots(project, before)
    process.send_signal(signal.SIGINT)
    done = wait(process, timeout=20)
    assert done.code == 130
    assert "interrupted" in done.err
    for host in ON:
        assert host in done.err
    assert project.traces() == before


@pytest.mark.usefixtures("needs_root")
def test_a_host_whose_supervisord_is_stopped_stops_the_deploy_at_once(project: Project) -> None:
    project.on("lab2", "systemctl stop slipway-alone")
    releases = project.on_all("ls releases")
    try:
        run = project.failing()
    finally:
        project.on("lab2", "systemctl start slipway-alone")
    for part in ("lab2", "survey", "supervisord", "fab provision --hosts=lab2"):
        assert part in run.err
    assert project.on_all("ls releases") == releases
    project.deploy()
    assert {page["release"] for page in project.pages()} == {project.current(host) for host in ON}
