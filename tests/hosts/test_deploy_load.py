"""No visitor notices a deploy: requests are counted on all hosts while releases come and go."""

from __future__ import annotations

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.load import Visitors
from tests.hosts.project import Project

ON = ("lab1", "lab2", "lab3")


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("busy", "tiny", ON, gunicorn={"threads": 6}, health="/healthz", keep=2)
    project.deploy()
    return project


def test_deploys_under_load_lose_no_request_and_serve_the_new_release_at_once(project: Project) -> None:
    with Visitors(project) as visitors:
        for text in ("second", "third", "fourth"):
            project.say(text)
            project.deploy()
            assert [page["text"] for page in project.pages()] == [text] * 3
            time.sleep(0.5)
    visitors.check(least=60)
    for host in ON:
        assert len(visitors.releases(host)) == 4
        assert visitors.releases(host)[-1] == project.current(host)
    assert visitors.slowest < 5


def test_twenty_deploys_and_rollbacks_in_turn_under_load_lose_no_request(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    with Visitors(project) as visitors:
        for number in range(10):
            before = project.current("lab1")
            project.say(f"turn {number}")
            project.deploy()
            assert [page["text"] for page in project.pages()] == [f"turn {number}"] * 3
            run = project.fab("rollback")
            assert run.code == 0, run.text
            assert [page["release"] for page in project.pages()] == [before] * 3
    visitors.check(least=200)
    answers = sum(sum(tally.good.values()) for tally in visitors.tallies.values())
    with capsys.disabled():
        print(f"\n10 deploys and 10 rollbacks: 0 of {answers} requests lost, slowest answer {visitors.slowest:.2f} s")
    assert visitors.slowest < 5


def test_a_change_of_requirements_under_load_loses_no_request(project: Project) -> None:
    project.edit("requirements.txt", "idna\n")
    with Visitors(project) as visitors:
        project.deploy()
    visitors.check()
    assert [page["release"] for page in project.pages()] == [project.current(host) for host in ON]


def test_without_a_standby_the_old_release_ends_at_once_and_still_loses_no_request(project: Project) -> None:
    project.configure(standby=False)
    with Visitors(project) as visitors:
        for text in ("fifth", "sixth"):
            project.say(text)
            project.deploy()
    visitors.check()
    for host in ON:  # gone when the last slow request is, and gunicorn has noticed that
        deadline = time.monotonic() + 10
        while (running := releases_at_work(project, host)) != {project.current(host)}:
            assert time.monotonic() < deadline, running
            time.sleep(0.1)


def releases_at_work(project: Project, host: str) -> set[str]:
    return set(re.findall(r"releases/([^/ ]+)/", project.on(host, "ps -u busy -o args=")))


def test_a_request_in_flight_is_finished_by_the_release_that_began_it(project: Project) -> None:
    project.configure(standby=False)
    old = project.current("lab1")
    answers: list[str] = []
    thread = threading.Thread(target=lambda: answers.append(project.page("lab1", "/slow?s=8")["release"]))
    thread.start()
    time.sleep(0.3)
    project.say("seventh")
    project.deploy()
    assert project.page("lab1")["text"] == "seventh"
    assert not answers, "the deploy took longer than the request: this proves nothing"
    thread.join()
    assert answers == [old]


def test_requests_that_wait_for_a_busy_worker_are_answered_before_it_ends(project: Project) -> None:
    project.configure(standby=False, gunicorn={"workers": 1})  # no threads: one request at a time
    project.say("eighth")
    project.deploy("--hosts=lab1")
    old = project.current("lab1")
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(project.get, "lab1", "/slow?s=0.7") for _ in range(8)]
        time.sleep(0.5)
        project.say("ninth")
        project.deploy("--hosts=lab1")
        assert project.page("lab1")["text"] == "ninth"
        answers = [one.result() for one in waiting]
    assert [answer.status for answer in answers] == [200] * 8
    assert {json.loads(answer.body)["release"] for answer in answers} == {old}
