"""What people do between deploys: look, go back, switch by batches, lock."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.load import Visitors
from tests.hosts.project import Project

HOSTS = ("lab1", "lab2")


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("ops", on=HOSTS)
    project.deploy()
    project.say("second")
    project.deploy()
    return project


def texts(project: Project) -> list[str]:
    return [page["text"] for page in project.pages()]


def told(project: Project, *words: str) -> dict[str, object]:
    """What a task prints as JSON."""
    run = project.fab(*words, "--json")
    assert run.code == 0, run.text
    found: dict[str, object] = json.loads(run.out)
    return found


def states(project: Project) -> list[dict[str, Any]]:
    """What status says of each host, when supervisord counts the web process as running: it does so only startsecs
    after its start, however well it is by then."""
    deadline = time.monotonic() + 30
    while True:
        rows: Any = told(project, "status")["hosts"]
        seen = [one["state"] for row in rows for one in row["processes"] if one["name"] == "web"]
        assert len(seen) == len(HOSTS)
        assert set(seen) <= {"STARTING", "RUNNING"}
        if "STARTING" not in seen or time.monotonic() > deadline:
            return list(rows)


def test_status_tells_release_processes_and_health_of_every_host(project: Project) -> None:
    for row, host in zip(states(project), HOSTS, strict=True):
        assert (row["host"], row["release"], row["well"]) == (host, project.current(host), True)
        assert ["web", "RUNNING"] in [[one["name"], one["state"]] for one in row["processes"]]
        assert row["disk_free"] > 0


def test_status_of_a_host_that_is_not_there_is_a_failure_that_names_it(project: Project) -> None:
    project.tables["hosts"] = {"away": {"address": "127.0.0.1", "port": 9}}
    project.configure()
    run = project.fab("status", "--hosts=lab1,away")
    project.tables.clear()
    project.configure()
    assert run.code == 1
    assert "away" in run.out
    assert project.current("lab1") in run.out


def test_releases_and_history_are_the_same_on_every_host(project: Project) -> None:
    hosts: Any = told(project, "releases")["hosts"]
    assert hosts["lab1"] == hosts["lab2"]
    assert [one["subject"] for one in hosts["lab1"]] == ["Say second", "Begin"]
    hosts = told(project, "history")["hosts"]
    assert hosts["lab1"] == hosts["lab2"]
    assert [(one["operation"], one["subject"], one["outcome"]) for one in hosts["lab1"]] == [
        ("provision", None, "ok"),
        ("deploy", "Begin", "ok"),
        ("deploy", "Say second", "ok"),
    ]
    assert len({tuple(one) for one in hosts["lab1"]}) == 1
    assert "Say second" in project.fab("history").out


def test_a_rollback_goes_back_without_losing_a_request_and_again_to_the_new_one(project: Project) -> None:
    new = project.current("lab1")
    with Visitors(project, rate=20) as visitors:
        back = project.fab("rollback")
        assert back.code == 0, back.text
        assert texts(project) == ["first", "first"]
        forth = project.fab("rollback", f"--to={new}")
        assert forth.code == 0, forth.text
    assert texts(project) == ["second", "second"]
    assert [failure for tally in visitors.tallies.values() for failure in tally.failures] == []
    last = told(project, "history", "--last=2")["hosts"]
    assert isinstance(last, dict)
    assert [(one["operation"], one["release"]) for one in last["lab1"]][1] == ("rollback", new)


def test_a_release_that_was_left_is_not_returned_to_by_itself(project: Project) -> None:
    left = project.current("lab1")
    assert project.fab("rollback").code == 0
    project.say("third")
    project.deploy()
    assert project.fab("rollback").code == 0
    assert texts(project) == ["first", "first"]
    assert left in project.fab("releases").out
    assert project.fab("rollback", f"--to={left}").code == 0
    assert texts(project) == ["second", "second"]


def test_nothing_to_return_to_is_said_and_changes_nothing(project: Project) -> None:
    before = project.traces()
    run = project.fab("rollback", "--to=20000101")
    assert run.code == 1
    assert "fab releases" in run.err
    assert project.traces() == before


def test_a_rolling_deploy_switches_one_host_after_the_other(project: Project) -> None:
    project.say("rolled")
    run = project.deploy("--strategy=rolling", "--batch=1")
    assert texts(project) == ["rolled", "rolled"]
    assert (
        run.err.index("Switch batch 1: lab1") < run.err.index("Watch batch 1") < run.err.index("Switch batch 2: lab2")
    )


def test_a_canary_that_visitors_get_errors_from_puts_every_host_back(project: Project) -> None:
    project.say("canary")
    project.replace(
        "app.py", 'if path == "/missing":', 'if path == "/":\n        status = "500 Broken"\n    if path == "/missing":'
    )
    project.commit("Break the page that visitors ask for")
    project.configure(health="/well")
    with Visitors(project, rate=20):
        run = project.failing("--strategy=canary", "--batch=1", "--watch=20")
    project.configure(health=None)
    assert "answers to visitors were 5xx" in run.err
    assert texts(project) == ["rolled", "rolled"]
    project.git("reset", "-q", "--hard", "HEAD~2")


def test_a_lock_keeps_deploys_and_rollbacks_away_until_it_is_taken_off(project: Project) -> None:
    assert project.fab("lock", "--message=the database is being moved").code == 0
    for operation in ("deploy", "rollback"):
        run = project.fab(operation, *(["--again"] if operation == "deploy" else []))
        assert run.code == 1
        assert "the database is being moved" in run.err
        assert "fab unlock" in run.err
    run = project.fab("unlock")
    assert "the database is being moved" in run.out
    assert "was not locked" in project.fab("unlock").out
    project.deploy()


def test_a_host_that_is_away_stops_a_deploy_or_is_skipped_on_request(project: Project) -> None:
    project.tables["hosts"] = {"away": {"address": "127.0.0.1", "port": 9}}
    project.configure()
    try:
        before = project.traces()
        run = project.failing("--hosts=lab,away")
        assert "away" in run.err
        assert project.traces() == before
        project.say("without")
        run = project.fab("deploy", "--hosts=lab,away", "--skip-unreachable")
        assert run.code == 3
        assert "left out, since they could not be reached: away. They serve another release" in run.err
        assert re.search(r"from [0-9a-f]{7} to [0-9a-f]{7}, \d+ commits?\n", run.out)
    finally:
        project.tables.clear()
        project.configure()
    assert texts(project) == ["without", "without"]
    last = told(project, "history", "--last=1")["hosts"]
    assert isinstance(last, dict)
    assert last["lab1"][0]["skipped"] == ["away"]


def test_going_back_stops_before_anything_is_changed_unless_it_is_meant(project: Project) -> None:
    old = project.git("rev-parse", "HEAD")
    project.deploy()
    project.say("newer")
    project.deploy()
    new = project.git("rev-parse", "HEAD")
    project.git("reset", "-q", "--hard", old)
    before = project.traces()
    run = project.failing()
    assert (
        f'{old[:7]} is older than {new[:7]}, which runs on lab1, lab2: it would take back 1 commit ("Say newer")'
        in run.err
    )
    assert project.traces() == before
    back = project.deploy(f"--ref={old}")
    assert f'from {new[:7]} to {old[:7]}, takes back 1 commit ("Say newer")' in back.out
    last = told(project, "history", "--last=1")["hosts"]
    assert isinstance(last, dict)
    assert [last["lab1"][0][key] for key in ("from", "commits", "taken_back")] == [new[:7], 0, 1]


@pytest.fixture(scope="module")
def shop(new_project: NewProject) -> Project:
    """A Django app whose second release has a migration more."""
    env = {"SECRET_KEY": "only a test"}
    project = new_project("opsdb", "hello", on=("lab1",), linked_dirs=["data"], health="/healthz", env=env)
    project.deploy()
    project.edit(
        "guestbook/migrations/0002_more.py",
        "from django.db import migrations, models\n\n\n"
        "class Migration(migrations.Migration):\n"
        '    dependencies = [("guestbook", "0001_initial")]\n'
        '    operations = [migrations.AddField("message", "more", models.TextField(default=""))]\n',
    )
    project.deploy()
    return project


def columns(project: Project) -> str:
    code = "import sqlite3; print([row[1] for row in sqlite3.connect('shared/data/db.sqlite3').execute("
    return project.on("lab1", f"python3 -c \"{code}'pragma table_info(guestbook_message)')])\"")


def test_a_rollback_across_a_migration_stops_for_a_decision(shop: Project) -> None:
    before = shop.traces()
    run = shop.fab("rollback")
    assert run.code == 1
    for word in ("guestbook.0002_more", "--keep-schema", "--migrate-back"):
        assert word in run.err
    assert shop.traces() == before


def test_migrations_are_taken_back_if_that_is_wanted(shop: Project) -> None:
    assert "'more'" in columns(shop)
    left = shop.current("lab1")
    run = shop.fab("rollback", "--migrate-back")
    assert run.code == 0, run.text
    assert "'more'" not in columns(shop)
    assert f"`fab deploy --ref={left.split('-')[2]}` goes forward again, and migrates" in run.out
    run = shop.fab("rollback", f"--to={left}")
    assert run.code == 1
    assert "needs migrations that the database does not have: guestbook.0002_more" in run.err
    shop.deploy()
    assert "'more'" in columns(shop)


def test_the_schema_is_kept_if_that_is_wanted(shop: Project) -> None:
    run = shop.fab("rollback", "--keep-schema")
    assert run.code == 0, run.text
    assert "'more'" in columns(shop)
