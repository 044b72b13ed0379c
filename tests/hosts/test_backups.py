"""Backups of databases and files: made, proved, restored, undone; a damaged one never counts."""

from __future__ import annotations

import json
import re
import time

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
    run = project.fab("deploy")  # of the same commit: what is known of the database's migrations counts no longer
    assert (run.code, "nothing to do" in run.text) == (0, False), run.text
    assert project.hosts.run(HOST, f"runuser -u kept -- ls {project.base}/backups").returncode != 0


@pytest.fixture(scope="module")
def shop(new_project: NewProject) -> Project:
    """An app with PostgreSQL, whose database account may do nothing but use its database."""
    url = "postgres://pgshop:p%40ss@127.0.0.1/pgshop"
    project = new_project("pgshop", env={"DATABASE_URL": url}, packages=["postgresql"], backup={"schedule": "hourly"})
    make = "create role pgshop login password 'p@ss'; create database pgshop owner pgshop"
    for line in make.split("; "):
        project.hosts.run(HOST, f'cd / && runuser -u postgres -- psql -c "{line}"')
    project.deploy()
    return project


def psql(project: Project, text: str) -> str:
    return project.hosts.on(HOST, f'cd / && runuser -u postgres -- psql -qAt -d pgshop -c "set role pgshop; {text}"')


def test_postgresql_is_proved_restored_and_what_was_not_in_the_backup_is_gone(shop: Project) -> None:
    psql(shop, "drop table if exists later, line, item; create table item (id serial primary key, name text);"
               "create table line (item int references item); create or replace function f() returns int "
               "language sql as 'select 1'; insert into item (name) select 'x' from generate_series(1, 500);"
               "insert into line values (1)")  # fmt: skip
    run = shop.fab("db.backup")
    assert run.code == 0, run.text
    assert "PostgreSQL with 501 rows" in run.out and "p@ss" not in run.text and "p%40ss" not in run.text
    (first,) = re.findall(r"backup (\d{8}-\d{6}):", run.out)
    psql(shop, "create table later (item int references item); delete from line; delete from item where id > 10")
    run = shop.fab("db.restore", first, "--yes")
    assert run.code == 0, run.text
    counted = psql(shop, "select (select count(*) from item), (select count(*) from line), to_regclass('later')")
    assert counted == "500|1|"
    shown = shop.start("db.shell")
    assert shown.wait() == 0
    dump = shop.folder / "shop.sql"
    assert shop.fab("db.dump", "--sql", f"--to={dump}").code == 0
    assert dump.read_text().count("\tx\n") == 500 and dump.stat().st_mode & 0o077 == 0
    assert shop.hosts.on(HOST, "ps -u pgshop -o args= | grep -c scratch || true") == "0"


def test_a_dump_runs_no_program_when_it_is_restored(shop: Project) -> None:
    evil = r"chr(10) || chr(92) || '! touch /tmp/evil-was-here' || chr(10)"
    psql(shop, "drop table if exists bad; create table bad (x int)")
    psql(shop, f"do 'begin execute format(''comment on table bad is %L'', {evil.replace(chr(39), chr(39) * 2)}); end'")
    run = shop.fab("db.backup")
    assert run.code == 0, run.text
    (id,) = re.findall(r"backup (\d{8}-\d{6}):", run.out)
    assert shop.fab("db.restore", id, "--yes", "--no-keep-current").code == 0
    assert "touch" in psql(shop, "select obj_description('bad'::regclass)")
    assert shop.hosts.run(HOST, "ls /tmp/evil-was-here").returncode != 0


def test_a_damaged_backup_is_not_counted_and_not_restored(project: Project) -> None:
    run = project.fab("db.backup")
    (id,) = re.findall(r"backup (\d{8}-\d{6}):", run.out)
    spoil = 's/"sha256": "..../"sha256": "0000/; s/"proved": [0-9.]*/"not_proved": "x"/'
    project.on(HOST, f"sed -i '{spoil}' backups/records/{id}.json")
    before = sql(project, "select count(*) from marks")
    refused = project.fab("db.restore", id, "--yes")
    assert refused.code == 1 and "was never proved to restore" in refused.text
    refused = project.fab("db.restore", id, "--yes", "--unproved")
    assert refused.code == 1 and "its checksum differs; nothing was changed" in refused.text
    assert sql(project, "select count(*) from marks") == before
    assert project.get(HOST).status == 200, "nothing was changed, and so the site is open again"
    project.on(HOST, f"rm backups/records/{id}.json")


def test_the_host_backs_up_by_itself_and_status_turns_red_without_a_young_backup(shop: Project) -> None:
    assert "NextElapse" in shop.hosts.on(
        HOST, "systemctl show slipway_backup-pgshop.timer | grep NextElapseUSecRealtime"
    )
    before = len(json.loads(shop.fab("db.backups", "--json").out)["hosts"][HOST])
    shop.hosts.on(HOST, "systemctl start slipway_backup-pgshop.service")
    told = json.loads(shop.fab("db.backups", "--json").out)["hosts"][HOST]
    assert (told[-1]["why"], bool(told[-1]["proved"])) == ("by schedule", True) and len(told) >= min(before, 3)
    assert shop.fab("status").code == 0
    shop.on(HOST, "mv backups/records backups/aside; mkdir -m 0700 backups/records; chown deploy: backups/records")
    red = shop.fab("status")
    assert red.code == 1 and "no backup that was proved to restore" in red.text
    shop.on(HOST, "rm -r backups/records; mv backups/aside backups/records")


def test_a_deploy_backs_up_before_it_migrates_and_a_rollback_names_the_backup(project: Project) -> None:
    project.configure(backup={"before_migrate": True})
    project.edit("guestbook/migrations/0099_more.py", MIGRATION.format(latest=latest(project)))
    project.deploy()
    left = project.current(HOST)
    (made,) = [one for one in json.loads(project.fab("db.backups", "--json").out)["hosts"][HOST] if left in one["why"]]
    assert made["proved"]
    run = project.fab("rollback", "--keep-schema")
    assert run.code == 0 and f"fab db.restore {made['id']}" in run.err, run.text


def test_a_client_that_is_killed_in_a_restore_leaves_old_or_new_data_and_maintenance_is_told(project: Project) -> None:
    run = project.fab("db.backup")
    (id,) = re.findall(r"backup (\d{8}-\d{6}):", run.out)
    old = sql(project, "select word from marks")
    sql(project, "insert into marks values ('killed')")
    new = sql(project, "select word from marks")
    started = project.start("db.restore", id, "--yes", "--no-keep-current")
    deadline = time.monotonic() + 60
    while project.hosts.run(HOST, "pgrep -u deploy -f 'restic.*dump'").returncode and time.monotonic() < deadline:
        pass
    started.kill()
    started.communicate()
    time.sleep(3)
    assert sql(project, "select word from marks") in (old, new)
    assert sql(project, "pragma integrity_check") == "[('ok',)]"
    assert project.get(HOST).status == 503
    assert "maintenance on" in project.fab("status").text
    assert project.fab("maintenance.off").code == 0


def test_a_copy_has_every_row_on_another_host_and_other_places_get_backups(project: Project) -> None:
    project.hosts.on(HOST, "install -d -o deploy -m 0700 /var/backups/elsewhere")
    project.on_hosts = (HOST, "lab2")
    project.configure(backup={"to": {"elsewhere": {"url": "/var/backups/elsewhere/kept"}}})
    project.provision("--hosts=lab2")
    project.deploy()
    sql(project, "insert into marks values ('copied')")
    rows = sql(project, "select word from marks")
    assert project.fab("db.copy", "--from=lab1", f"--to={HOST}").code == 2
    run = project.start("db.copy", "--from=lab1", "--to=lab2", "--yes", RESTIC_PASSWORD="open sesame")
    out, err = run.communicate()
    assert run.returncode == 0, out + err
    code = SQL.replace("PATH", f"{project.base}/{DATABASE}")
    copied = project.on("lab2", f'runuser -u {project.name} -- python3 -c "{code}" "select word from marks"')
    assert copied == rows
    told = json.loads(project.fab("db.backups", "--json").out)["hosts"][HOST]
    assert list(told[-1]["sent"]) == ["elsewhere"]
    restic = "RESTIC_PASSWORD='open sesame' restic -r /var/backups/elsewhere/kept dump latest /backup.tar | tar -t"
    assert "databases/0-default.sqlite3" in project.hosts.on(HOST, restic)
    assert project.on(HOST, "stat -c %a backups/destinations/elsewhere.json") == "600"


MIGRATION = """from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("guestbook", "{latest}")]
    operations = [migrations.RunSQL("create table more (x int)", "drop table more")]
"""


def latest(project: Project) -> str:
    names = sorted(path.stem for path in (project.repo / "guestbook" / "migrations").glob("0*.py"))
    return names[-1]
