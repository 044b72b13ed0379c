"""Services on real hosts: PostgreSQL, redis and memcached that `fab provision` makes, and what becomes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.hosts import Hosts
from tests.hosts.project import Project

pytestmark = pytest.mark.usefixtures("needs_root")

APP = Path(__file__).parent / "apps" / "notes"


def made(lab: Hosts, folder: Path, name: str, on: tuple[str, ...], **tables: Any) -> Project:
    """A project with services, not provisioned yet."""
    project = Project(lab, folder, name, APP, on, env={"SECRET_KEY": "sesame"})
    groups = {"lab": {"hosts": list(on), "lab": True}, **tables.pop("groups", {})}
    project.tables.update({**tables, "groups": groups})
    project.configure()
    return project


@pytest.fixture(scope="module")
def project(hosts: Hosts, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """An app with everything on its own host."""
    services = {
        "db": {"kind": "postgres", "extensions": ["pg_trgm"], "wait": 3},
        "redis": {"kind": "redis"},
        "near": {"kind": "memcached", "bind": {"MEMCACHED_HOST": "host"}},
    }
    project = made(hosts, tmp_path_factory.mktemp("notes"), "notes", ("lab1",), services=services)
    project.provision()
    project.deploy()
    return project


def unchanged(project: Project) -> None:
    run = project.provision()
    assert run.out.count("nothing to change") >= 2, run.text


def test_an_app_writes_to_the_services_of_its_own_host(project: Project) -> None:
    project.page("lab1", "/?text=hello")
    page = project.page("lab1", "/?text=again")
    assert page["notes"] == ["hello", "again"]
    assert page["visits"]["default"] >= 2
    assert page["visits"]["near"] >= 2
    assert "again" in project.fab("run", "python manage.py dumpdata notes").out
    unchanged(project)


def test_other_accounts_of_the_host_get_to_nothing(project: Project) -> None:
    project.on(
        "lab1", "id other || useradd --system other; runuser -u postgres -- psql -qc 'CREATE ROLE other LOGIN' || true"
    )
    ask = "cd / && runuser -u other -- psql -h /var/run/postgresql -d notes -c 'SELECT 1' 2>&1 || true"
    assert 'permission denied for database "notes"' in project.on("lab1", ask)
    forged = "cd / && runuser -u other -- psql -h /var/run/postgresql -U notes -d notes -c 'SELECT 1' 2>&1 || true"
    assert "Peer authentication failed" in project.on("lab1", forged)
    assert "rejects" in project.on("lab1", "cd / && psql -h 127.0.0.1 -U notes -d notes -c 'SELECT 1' 2>&1 || true")
    assert project.on("lab1", "runuser -u other -- redis-cli -p 6380 get visits") == "NOAUTH Authentication required."
    assert project.on("lab1", "runuser -u other -- ls /run/memcached-notes-near 2>&1 || true").endswith("denied")


def test_a_deploy_says_which_service_is_missing_and_begins_nothing(project: Project) -> None:
    before = project.traces()
    project.on("lab1", "systemctl stop postgresql")
    try:
        run = project.failing()
        assert "the service db (postgres at /var/run/postgresql) did not answer within 3 s" in run.err
        assert "nothing was changed on any host" in run.err
        assert project.traces() == before
        status = project.fab("status")
        assert status.code == 1
        assert "the service db (postgres at /var/run/postgresql) does not serve" in status.out
    finally:
        project.on("lab1", "systemctl start postgresql")
    shown = json.loads(project.fab("status", "--json").out)["hosts"][0]["services"]
    assert [(one["service"], one["up"]) for one in shown] == [("db", True), ("redis", True), ("near", True)]
    assert shown[0]["version"].startswith("1")


def test_a_reboot_with_a_slow_database_ends_well(project: Project, hosts: Hosts) -> None:
    project.on(
        "lab1", "systemctl disable --now postgresql; systemctl stop slipway-notes; systemctl start slipway-notes"
    )
    project.on("lab1", "sleep 6; systemctl enable --now postgresql")
    for _ in range(40):
        if project.get("lab1").status == 200:
            break
        project.on("lab1", "sleep 0.5")
    assert project.page("lab1")["notes"]
