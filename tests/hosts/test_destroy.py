"""An app that is taken off its hosts: nothing of it stays but the backup, others go on, and the name is free."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project, Run

pytestmark = pytest.mark.usefixtures("needs_root")

HOST = "lab1"
LEFT = (
    "find / -xdev \\( -path /proc -o -path /sys -o -path /run/user -o -path /var/backups \\) -prune -o "
    "\\( -name '*NAME*' -o -user NAME -o -group NAME \\) -print 2>/dev/null | grep -v '^/var/log/journal' || true; "
    "getent passwd NAME; getent group NAME; id -nG deploy | grep -wo NAME || true"
)


@pytest.fixture(scope="module")
def neighbour(new_project: NewProject) -> Project:
    project = new_project("neighbour")
    project.deploy()
    return project


@pytest.fixture
def project(new_project: NewProject, neighbour: Project) -> Iterator[Project]:
    project = new_project("doomed", env={"SECRET_KEY": "sesame"})
    project.deploy()
    yield project
    project.remove()


def destroyed(project: Project, *words: str) -> Run:
    run = project.fab("destroy", *words)
    assert run.code == 0, run.text
    return run


def left(project: Project) -> str:
    """What a host has of the app."""
    command = LEFT.replace("NAME", project.name)
    if project.hosts.on(HOST, f"id -u {project.name} 2> /dev/null || true") == "":
        command = command.replace(f"-o -user {project.name} -o -group {project.name} ", "")
    return project.hosts.run(HOST, command).stdout.decode().strip()


def test_nothing_stays_but_the_backup_and_the_name_is_free(project: Project, neighbour: Project) -> None:
    project.on(HOST, "runuser -u doomed -- bash -c 'umask 077; echo precious > shared/data'")
    project.on(HOST, "(setsid runuser -u doomed -- sleep 1000 > /dev/null 2>&1 < /dev/null &)")
    assert project.fab("destroy").code == 2, "nobody is at a terminal"
    assert "is doomed, not neighbour" in project.fab("destroy", "--app=neighbour").text
    assert "userdel" in project.fab("destroy", "--dry").text
    assert project.get(HOST).status == 200
    run = destroyed(project, "--app=doomed")
    archive = next(word for word in run.text.split() if word.endswith(".tar.gz"))
    assert project.hosts.on(HOST, f"stat -c '%a %U' {archive}") == "600 root"
    assert project.hosts.on(HOST, f"tar -xzO -f {archive} shared/data") == "precious"
    assert "sesame" not in project.hosts.on(HOST, f"tar -tzf {archive}; zcat {archive} | strings || true")
    assert left(project) == ""
    assert neighbour.get(HOST).status == 200
    assert neighbour.fab("status").code == 0
    line = json.loads(project.hosts.on(HOST, "tail -n 1 /var/log/slipway/history.jsonl"))
    assert (line["operation"], line["app"], line["outcome"]) == ("destroy", "doomed", "ok")
    assert project.hosts.on(HOST, "stat -c '%a %U' /var/log/slipway/history.jsonl") == "644 root"
    (told,) = json.loads(project.fab("history", "--json").out)["hosts"][HOST]
    assert (told["operation"], told["outcome"], told["message"]) == ("destroy", "ok", "with a backup of its data")
    destroyed(project, "--yes")  # once more: there is nothing to do
    assert "has not been provisioned" in project.fab("deploy").text
    project.provision()
    project.deploy()
    assert project.get(HOST).status == 200
    assert project.on(HOST, "ls shared/data 2> /dev/null || echo none") == "none"
    run = destroyed(project, "--app=doomed", "--delete-data")
    assert ".tar.gz" not in run.text
    assert left(project) == ""


def test_neither_destroy_nor_provision_runs_beside_another_operation(project: Project) -> None:
    owner = '{"who": "ann@desk", "since": "12:00", "operation": "deploy"}'
    hold = f"echo '{owner}' > lock; flock lock sleep 8 & sleep 0.3; disown"
    project.on(HOST, f"({hold}) > /dev/null 2>&1 < /dev/null")
    for words in (["provision"], ["destroy", "--yes"]):
        run = project.fab(*words)
        assert run.code == 1, run.text
        assert "ann@desk has been running deploy here since" in run.text
    project.on(HOST, "flock lock true")  # it is over
    before = project.on(HOST, "stat -c '%U %a' lock")
    project.provision()
    assert project.on(HOST, "cat lock") == ""
    assert project.on(HOST, "stat -c '%U %a' lock") == before


def test_a_host_that_leaves_the_inventory_is_told_until_it_is_destroyed(new_project: NewProject) -> None:
    project = new_project("spread", on=("lab1", "lab2"))
    project.deploy()
    project.on_hosts = ("lab1",)
    project.configure()
    assert "lab2 has been deployed to, and is not in the inventory" in project.fab("status").text
    assert "lab2 has been deployed to, and is not in the inventory" in project.deploy().text
    project.on_hosts = ("lab1", "lab2")
    project.configure()
    assert "lab2 has been deployed to" not in project.fab("status").text
    destroyed(project, "--hosts=lab2", "--yes")
    project.on_hosts = ("lab1",)
    project.configure()
    assert "lab2" not in project.fab("status").text
    assert project.get("lab1").status == 200
