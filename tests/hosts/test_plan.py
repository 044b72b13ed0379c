"""`fab plan` compares real hosts with the commit that comes, and changes nothing there."""

from __future__ import annotations

import json

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("plan", env={"COLOUR": "red"})
    project.deploy()
    return project


def test_a_host_that_serves_the_commit_has_nothing_to_do(project: Project) -> None:
    run = project.fab("plan")
    assert (run.code, run.err) == (0, "")
    assert "nothing to do" in run.out


def test_what_a_deploy_would_change_is_told_and_nothing_is_changed(project: Project) -> None:
    before = project.traces()
    project.edit("migrations/0002_x.py", "class Migration:\n    operations = [migrations.DeleteModel('A')]\n")
    project.env["COLOUR"] = "a-secret-blue"
    project.configure(processes={"worker": "sleep 100"})
    run = project.fab("plan", "--json")
    assert run.code == 2
    told = json.loads(run.out)
    host = told["hosts"]["lab1"]
    assert told["changes"] and not host["nothing"]
    assert [commit["subject"] for commit in host["code"]["commits"]] == ["Change migrations/0002_x.py"]
    assert host["code"]["migrations"][0]["operations"][0]["kind"] == "breaks"
    assert "worker.program" in host["configuration"]
    assert told["env"] == [{"name": "COLOUR", "change": "changed", "hosts": ["lab1"]}]
    human = project.fab("deploy", "--plan")
    assert human.code == 2
    assert "Process worker: new" in human.out
    assert "a-secret-blue" not in run.text + human.text
    assert project.traces() == before


def test_what_would_stop_a_deploy_is_an_error_of_the_plan(project: Project) -> None:
    project.tables["env_required"] = ["NEEDED"]
    project.configure()
    run = project.fab("plan")
    assert run.code == 1
    assert "a deploy would stop: required in the environment, and without a value: NEEDED" in run.err
