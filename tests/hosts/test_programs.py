"""An app without a web side: every task works for it, and a deploy reaches all hosts or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project

HOSTS = ("lab1", "lab2")
APP = Path(__file__).parent / "apps" / "bot"


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project(
        "bot",
        APP,
        on=HOSTS,
        web=False,
        domains=None,
        health_command="python check.py",
        health_timeout=5,
        processes={"bot": {"command": "python bot.py", "watch": 1}},
    )
    project.deploy()
    return project


def change(project: Project, text: str, expected: str) -> None:
    project.replace("bot.py", f'TEXT = "{said(project)}"', f'TEXT = "{text}"')
    project.write("bot_settings.py", f'EXPECTED = "{expected}"\n')
    project.commit(f"Say {text}")


def said(project: Project) -> str:
    return (project.repo / "bot.py").read_text().split('TEXT = "')[1].split('"')[0]


def test_it_runs_on_all_hosts_and_has_no_site(project: Project) -> None:
    for host in HOSTS:
        assert "python bot.py" in project.on(host, "ps -eo args=")
        sites = f"ls /etc/nginx/sites-*/ {project.base}/../.slipway/nginx/sites 2> /dev/null || true"
        assert f"slipway-{project.name}.conf" not in project.on(host, sites)
    told = json.loads(project.fab("status", "--json").out)["hosts"]
    assert all(one["well"] for one in told), told
    table = project.fab("status")
    assert table.code == 0, table.text
    assert "exit 0 in" in table.out


def test_what_is_there_already_is_not_deployed_again(project: Project) -> None:
    before = project.current("lab1")
    run = project.fab("deploy")
    assert run.code == 0, run.text
    assert "nothing to do" in run.out
    assert project.current("lab1") == before


def test_a_release_that_ends_on_one_host_changes_nothing_on_any(project: Project) -> None:
    before = project.traces()
    change(project, "broken", "broken")
    run = project.failing()
    assert "this release does not run here" in run.text
    assert project.traces() == before
    change(project, "first", "first")


def test_a_release_that_the_health_command_refuses_changes_nothing(project: Project) -> None:
    before = project.traces()
    change(project, "first", "second")
    run = project.failing()
    assert "the bot says 'first', not 'second'" in run.text
    assert project.traces() == before
    change(project, "first", "first")


def test_what_the_health_command_leaves_behind_is_not_waited_for(project: Project) -> None:
    project.configure(health_command="setsid sleep 600 & python check.py")
    project.deploy()
    status = project.fab("status")
    assert status.code == 0, status.text
    for host in HOSTS:
        project.on(host, "pkill -xf 'sleep 600'")
    project.configure(health_command="python check.py")
    project.deploy()


def test_a_deploy_and_a_rollback_replace_the_processes(project: Project) -> None:
    change(project, "second", "second")
    project.deploy()
    project.traces()
    new = {host: project.on(host, "pgrep -xf 'python bot.py'") for host in HOSTS}
    assert all(project.on(host, f"cat shared/{project.current(host)}").strip() == "second" for host in HOSTS)
    run = project.fab("rollback")
    assert run.code == 0, run.text
    project.traces()
    for host in HOSTS:
        assert project.on(host, f"cat shared/{project.current(host)}").strip() == "first"
        assert project.on(host, "pgrep -xf 'python bot.py'") != new[host]
    change(project, "first", "first")
    project.deploy()


def test_it_is_restarted_scaled_stopped_and_started(project: Project) -> None:
    before = project.on("lab1", "pgrep -xf 'python bot.py'")
    for words in (("restart",), ("scale", "--process=bot", "--count=2")):
        run = project.fab(*words)
        assert run.code == 0, run.text
    project.traces()
    pids = project.on("lab1", "pgrep -xf 'python bot.py'").split()
    assert len(pids) == 2
    assert before.strip() not in pids
    assert project.fab("stop", "--yes").code == 0
    assert not project.on("lab1", "pgrep -xf 'python bot.py' || true")
    status = project.fab("status")
    assert status.code == 1
    assert "stopped by" in status.out
    assert project.fab("start").code == 0
    assert project.fab("status").code == 0
    assert project.fab("ps").code == 0


def test_its_logs_are_read(project: Project) -> None:
    run = project.fab("logs", "--lines=5")
    assert run.code == 0, run.text
    assert "first from" in run.out


def test_it_is_destroyed(project: Project) -> None:
    run = project.fab("destroy", "--yes")
    assert run.code == 0, run.text
    assert not project.on("lab1", "true; pgrep -xf 'python bot.py' || true").strip()
