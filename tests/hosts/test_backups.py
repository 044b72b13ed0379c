"""Backups of databases and files: made, proved, restored, undone; a damaged one never counts."""

from __future__ import annotations

import json
import re

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project

pytestmark = pytest.mark.usefixtures("needs_root")

HOST = "lab1"
DATABASE = "shared/data/db.sqlite3"
SQL = "import sqlite3,sys; c=sqlite3.connect('PATH'); print(c.execute(sys.argv[1]).fetchall()); c.commit()"


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("kept", "hello", env={"SECRET_KEY": "sesame-sesame-sesame-sesame-sesame-sesame-sesame"})
    project.hosts.on(HOST, "command -v restic || { apt-get update -q && apt-get install -y restic; } > /dev/null")
    project.deploy()
    return project


def sql(project: Project, text: str) -> str:
    code = SQL.replace("PATH", f"{project.base}/{DATABASE}")
    return project.on(HOST, f'runuser -u {project.name} -- python3 -c "{code}" "{text}"')


def test_a_backup_is_proved_restored_and_the_restore_undone(project: Project) -> None:
    sql(project, "create table if not exists marks (word text)")
    sql(project, "insert into marks values ('first')")
    project.on(HOST, "runuser -u kept -- bash -c 'mkdir -p shared/media/a && echo one > shared/media/a/one.txt'")
    run = project.fab("db.backup")
    assert run.code == 0, run.text
    assert "proved: it was restored into a scratch database and compared" in run.out
    (first,) = re.findall(r"backup (\d{8}-\d{6}):", run.out)
    sql(project, "insert into marks values ('second')")
    project.on(HOST, "runuser -u kept -- bash -c 'rm shared/media/a/one.txt; echo two > shared/media/two.txt'")
    run = project.fab("db.restore", first, "--yes")
    assert run.code == 0, run.text
    assert sql(project, "select word from marks") == "[('first',)]"
    assert project.on(HOST, "cd shared/media && find . -type f") == "./a/one.txt"
    assert project.get(HOST).status == 200
    (kept,) = re.findall(r"db.restore --backup=(\S+)", run.out)
    run = project.fab("db.restore", kept, "--yes")
    assert run.code == 0, run.text
    assert sql(project, "select word from marks") == "[('first',), ('second',)]"
    assert project.on(HOST, "cd shared/media && find . -type f") == "./two.txt"
    listed = json.loads(project.fab("db.backups", "--json").out)["hosts"][HOST]
    assert len(listed) == 3 and all(one["proved"] for one in listed)
    assert project.hosts.run(HOST, f"runuser -u kept -- ls {project.base}/backups").returncode != 0
