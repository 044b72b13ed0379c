"""Upgrading Slipway: hosts that an older version deployed to go on working after one `fab provision`."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.hosts import Hosts
from tests.hosts.project import GIT, ROOT, Project, Run

HOST = "lab1"
# The last version before the modules were moved into folders; it is in the history of this repository.
OLD = "a8feebeb702f5b9edf5eee57b05fdccac96aaa67"


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The older version in a folder of its own."""
    done = subprocess.run(["git", "archive", OLD], cwd=ROOT, capture_output=True)
    if done.returncode:
        pytest.skip(f"commit {OLD} is not in this clone, which is shallow: {done.stderr.decode().strip()}")
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def project(hosts: Hosts, tmp_path_factory: pytest.TempPathFactory, old: Path) -> Iterator[Project]:
    """A Django app with data, a worker, a schedule and an override, that the older version has deployed twice."""
    project = Project(
        hosts,
        tmp_path_factory.mktemp("upgrade"),
        "upgrade",
        "hello",
        (HOST,),
        env={"SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"},
        health="/healthz",
        linked_dirs=["data"],
        processes={"worker": {"command": "python -u worker.py"}},
        schedules={"daily": {"cron": "@daily", "command": "echo never"}},
    )
    project.write("worker.py", WORKER)
    project.commit("Add a worker")
    for words in (["provision"], ["deploy"], ["env.set", "COLOUR=blue"]):
        run = by(old, project, *words)
        assert run.code == 0, run.text
    yield project
    project.remove()


# Writes a line as soon as it runs, and one when it is told to end.
WORKER = """import os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit("worker ends"))
print("worker began, colour", os.environ.get("COLOUR"), flush=True)
while True:
    signal.pause()
"""


def by(old: Path, project: Project, *words: str) -> Run:
    """Run the older version's own ./fab, which makes its own .venv."""
    env = {**os.environ, **GIT, "SLIPWAY_INVENTORY": str(project.folder / "inventory.toml")}
    command = [str(old / "fab"), "-r", str(old), *words]
    done = subprocess.run(command, cwd=project.folder, env=env, capture_output=True, text=True, timeout=300)
    return Run(done.returncode, done.stdout, done.stderr)


def ok(project: Project, *words: str) -> str:
    """Run a task of the present version, which has to succeed."""
    run = project.fab(*words)
    assert run.code == 0, run.text
    return run.text


def status(project: Project) -> dict[str, Any]:
    """What `fab status` says of the host."""
    said: Any = json.loads(project.fab("status", "--json").out)
    row: dict[str, Any] = said["hosts"][0]
    return row


def messages(project: Project) -> str:
    who = "" if project.hosts.rootless else "runuser -u upgrade -- "
    code = "from guestbook.models import Message; print('messages:', Message.objects.count())"
    return project.on(HOST, f'{who}current/conf/run python manage.py shell -c "{code}"').splitlines()[-1]


def test_hosts_of_an_older_version_can_be_looked_at_before_provision(project: Project) -> None:
    assert status(project)["release"] == project.current(HOST)
    assert "worker began, colour blue" in ok(project, "logs", "--lines=100")
    assert "env.set" in ok(project, "history")
    assert project.current(HOST) in ok(project, "releases")


def test_a_release_of_an_older_version_is_restarted_after_provision(project: Project) -> None:
    ok(project, "provision")
    if not project.hosts.rootless:
        assert set(project.on(HOST, "stat -c %a releases/*/run").split()) == {"3773"}
    release = project.current(HOST)
    ok(project, "restart")
    assert project.current(HOST) == release
    assert project.get(HOST).status == 200
    assert project.get(HOST, "/static/guestbook/style.css").status == 200


def test_a_deploy_over_an_older_version_keeps_data_and_overrides(project: Project) -> None:
    code = "from guestbook.models import Message; Message.objects.create(name='ada', text='kept')"
    ok(project, "run", f'--command=python manage.py shell -c "{code}"')
    before = project.current(HOST)
    project.edit("guestbook/static/guestbook/style.css", "body { color: red }\n")
    ok(project, "deploy")
    assert project.current(HOST) != before
    assert project.get(HOST, "/static/guestbook/style.css").text == "body { color: red }\n"
    assert messages(project) == "messages: 1"
    assert "worker began, colour blue" in ok(project, "logs", "--process=worker", "--lines=100")


def test_a_rollback_goes_back_to_a_release_of_the_older_version_and_forth_again(project: Project) -> None:
    new = project.current(HOST)
    ok(project, "rollback")
    old = project.current(HOST)
    assert old != new
    assert project.get(HOST).status == 200
    assert "color: red" not in project.get(HOST, "/static/guestbook/style.css").text
    assert messages(project) == "messages: 1"
    ok(project, "restart")
    assert project.current(HOST) == old
    assert project.get(HOST).status == 200
    ok(project, "rollback", f"--to={new}")
    assert project.current(HOST) == new
    assert status(project)["release"] == new
    ok(project, "deploy", "--again")
    assert project.get(HOST).status == 200
