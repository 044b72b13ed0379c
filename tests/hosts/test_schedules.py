"""Schedules: exactly once, on one host of the fleet, whatever becomes of its hosts and releases."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project

HOSTS = ("lab1", "lab2", "lab3")


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    schedules = {
        "tick": "* * * * * echo ran $(($(date +%s) / 60)) $SLIPWAY_RELEASE",
        "long": {"cron": "* * * * *", "command": "sleep 90; exit 3"},
        "daily": {"cron": "@daily", "command": "echo never"},
    }
    return new_project("cron", on=HOSTS, schedules=schedules)


def runs(project: Project) -> list[tuple[int, str]]:
    """The minutes in which `tick` ran, and where."""
    said = {host: project.hosts.on(host, f"cat {project.base_on(host)}/log/tick.*.log || true") for host in HOSTS}
    lines = ((host, line.split()) for host, text in said.items() for line in text.splitlines())
    return sorted((int(words[1]), host) for host, words in lines if words[0] == "ran")


def until(project: Project, host: str, count: int) -> None:
    """Wait until a host has run it so many times."""
    deadline = time.monotonic() + 60 * count + 150
    while sum(where == host for _, where in runs(project)) < count:
        assert time.monotonic() < deadline, runs(project)
        time.sleep(2)


def check(project: Project) -> list[str]:
    """That it ran once in each minute; returns where, in the order of time."""
    found = runs(project)
    minutes = [minute for minute, _ in found]
    assert minutes == list(range(minutes[0], minutes[-1] + 1)), found
    return [host for _, host in found]


def schedules(project: Project, host: str) -> dict[str, Any]:
    run = project.fab("ps", f"--hosts={host}", "--json")
    assert run.code == 0, run.text
    found: dict[str, Any] = json.loads(run.out)["hosts"][host]["schedules"]
    return found


def test_once_a_minute_over_deploys_a_rollback_a_restart_and_the_removal_of_the_host(project: Project) -> None:
    project.deploy("--hosts=lab2")
    assert not schedules(project, "lab2")["here"]  # it is not its turn, and nobody else was asked
    project.deploy()
    until(project, "lab1", 1)
    first = {one["name"]: one for one in schedules(project, "lab1")["schedules"]}
    assert first["tick"]["last"]["code"] == 0
    assert first["long"]["running"] and first["long"]["next"]
    assert first["daily"]["last"] is None

    for words in (["deploy", "--again"], ["rollback"], ["restart"], ["deploy", "--again", "--hosts=lab3"]):
        assert project.fab(*words).code == 0
    until(project, "lab1", 2)

    check(project)
    assert project.fab("stop", "--hosts=lab1", "--yes").code == 0
    project.on_hosts = HOSTS[1:]
    project.configure()
    run = project.fab("deploy")
    assert run.code == 0
    assert "lab1, which is not in the inventory any more: see that the app does not run there" in run.out
    until(project, "lab2", 2)
    assert not schedules(project, "lab3")["here"]

    logs = project.fab("logs", "--process=tick,long").out
    assert "lab2 tick | ran " in logs
    assert "exit code 0" in logs
    assert "left out, since the run before still goes on" in logs


def test_a_host_that_died_hands_over_and_is_put_right_when_it_comes_back(project: Project) -> None:
    project.on_hosts = HOSTS[1:]
    project.configure()
    project.hosts.kill("lab2")
    status = project.fab("status")
    assert status.code == 1
    run = project.fab("deploy", "--again", "--skip-unreachable")
    assert run.code == 3
    assert "left out, since they could not be reached: lab2" in run.err
    assert "schedules run on lab3 from now on, no longer on lab2; should lab2 come back" in run.out
    assert schedules(project, "lab3")["here"]
    project.hosts.start("lab2")
    status = project.fab("status")
    assert "lab2 ran them too, by an old decision; lab3 does since. It has been told." in status.err, status.text
    assert not schedules(project, "lab2")["here"]
    project.deploy()
    assert all(schedules(project, host)["assigned"]["host"] == "lab2" for host in ("lab2", "lab3"))
    time.sleep(90)
    assert [minute for minute, count in Counter(minute for minute, _ in runs(project)).items() if count > 1] == []


def test_stopped_schedules_do_not_run_until_they_are_started(project: Project) -> None:
    project.on_hosts = HOSTS[1:]
    project.configure()
    assert project.fab("stop", "--process=schedules").code == 0
    before = runs(project)
    time.sleep(62)
    assert runs(project) == before
    assert "stopped" in project.fab("ps").out
    assert project.fab("start").code == 0
    until(project, "lab2", sum(host == "lab2" for _, host in before) + 1)
