"""`fab plan` and `fab doctor` look at real hosts, say what is so, and change nothing there."""

from __future__ import annotations

import json

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("plan", env={"COLOUR": "red"})
    run = project.fab("doctor")
    assert (run.code, "lab1, app: nothing is deployed yet" in run.out) == (0, True), run.text
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


def test_doctor_passes_a_host_that_is_well_and_changes_nothing(project: Project) -> None:
    del project.tables["env_required"]
    project.configure()
    before = project.traces()
    run = project.fab("doctor", "--json")
    found = json.loads(run.out)["findings"]
    assert [one for one in found if one["level"] == "failed"] == []
    assert run.code == 0
    checks = {one["check"] for one in found if one["place"] == "lab1"}
    assert {"ssh", "disk space", "memory", "clock", "time", "uv", "package index", "sudo", "app"} <= checks
    assert project.traces() == before


def test_doctor_finds_what_was_broken_on_purpose(project: Project, needs_root: None) -> None:
    project.hosts.on("lab1", "mkdir /srv/plan/releases/20200101-000000-0000000; chown deploy: /srv/plan/releases/2020*")
    project.hosts.on("lab1", "mv /etc/nginx/sites-enabled/slipway-plan.conf /root/; systemctl reload nginx")
    try:
        run = project.fab("doctor")
        assert run.code == 1
        assert "lab1, leftovers: 1 unfinished release" in run.out
        assert "failed    lab1, app: " in run.out
        assert "error" not in run.err
    finally:
        project.hosts.on("lab1", "mv /root/slipway-plan.conf /etc/nginx/sites-enabled/; systemctl reload nginx")
        project.hosts.on("lab1", "rm -r /srv/plan/releases/2020*")
