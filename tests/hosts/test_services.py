"""Services on real hosts: PostgreSQL, redis and memcached that `fab provision` makes, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.hosts import Hosts
from tests.hosts.project import Project

pytestmark = pytest.mark.usefixtures("needs_root")

APP = Path(__file__).parent / "apps" / "notes"
WEB, DATABASE = "lab2", "lab3"


def made(lab: Hosts, folder: Path, name: str, on: tuple[str, ...], **tables: Any) -> Project:
    """A project with services, not provisioned yet."""
    project = Project(lab, folder, name, APP, on, env={"SECRET_KEY": "sesame"})
    groups = {"lab": {"hosts": list(on), "lab": True}, **tables.pop("groups", {})}
    project.tables.update({**tables, "groups": groups})
    project.configure()
    return project


@pytest.fixture(scope="module")
def project(hosts: Hosts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """An app with everything on its own host."""
    services = {
        "db": {"kind": "postgres", "extensions": ["pg_trgm"], "wait": 3},
        "redis": {"kind": "redis"},
        "near": {"kind": "memcached", "bind": {"MEMCACHED_HOST": "host"}},
    }
    project = made(hosts, tmp_path_factory.mktemp("notes"), "notes", ("lab1",), services=services)
    project.provision()
    project.deploy()
    yield project
    project.remove()


@pytest.fixture(scope="module")
def far(hosts: Hosts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """An app whose database and redis are on a host of their own."""
    project = made(
        hosts,
        tmp_path_factory.mktemp("far"),
        "far",
        (WEB,),
        services={"db": {"kind": "postgres", "host": DATABASE}, "redis": {"kind": "redis", "host": DATABASE}},
        groups={"machines": {"hosts": [DATABASE], "lab": True}},
        hosts={DATABASE: {"runs_app": False}},
    )
    run = project.provision()
    assert "what goes to redis (redis) on lab3 is not encrypted" in run.text
    project.deploy()
    yield project
    if hosts.run(WEB, "test -e /srv/far").returncode == 0:
        project.remove()


def unchanged(project: Project) -> None:
    run = project.provision()
    assert run.out.count("nothing to change") >= 2, run.text


def passwords(project: Project, host: str) -> list[str]:
    kept = json.loads(project.on(host, "cat env/services.kept"))
    return [one["password"] for one in kept.values() if one["password"]]


def test_an_app_writes_to_the_services_of_its_own_host(project: Project) -> None:
    project.page("lab1", "/?text=hello")
    page = project.page("lab1", "/?text=again")
    assert page["notes"][-2:] == ["hello", "again"]
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


def test_an_app_reaches_a_database_on_another_host_by_tls_alone(far: Project) -> None:
    far.page(WEB, "/?text=far")
    page = far.page(WEB)
    assert page["notes"][-1] == "far"
    assert page["tls"]
    assert page["visits"]["default"] >= 2
    environment = far.fab("env", "--reveal=DATABASE_URL").out
    assert "sslmode=verify-ca&sslrootcert=/srv/far/env/service-db.crt" in environment
    unchanged(far)


def test_a_host_that_is_not_listed_is_refused_even_with_the_password(
    far: Project, hosts: Hosts, project: Project
) -> None:
    url = far.fab("env", "--reveal=DATABASE_URL").out.partition("?")[0]
    said = hosts.on("lab1", f"psql '{url}?sslmode=require' -c 'SELECT 1' 2>&1 || true")
    assert "pg_hba.conf rejects connection" in said
    connect = "import psycopg, sys; psycopg.connect(sys.stdin.read())"
    plain = hosts.on(
        WEB,
        f"cd /srv/far && runuser -u far -- current/venv/bin/python -c '{connect}' 2>&1 || true",
        f"{url}?sslmode=disable".encode(),
    )
    assert "rejects connection" in plain


def test_the_password_is_found_nowhere(far: Project, hosts: Hosts) -> None:
    found = set(passwords(far, WEB))
    assert len(found) == 2
    run = far.provision("--verbose")
    dry = far.fab("provision", "--dry", "--verbose")
    deploy = far.fab("deploy", "--again", "--verbose")
    history = far.fab("history")
    for password in found:
        assert password not in run.text + dry.text + deploy.text + history.text
        assert (
            hosts.on(DATABASE, f"grep -rIl {password} /etc /var/log /var/lib/postgresql /srv /root /home /tmp || true")
            == ""
        )
        there = hosts.on(WEB, f"grep -rl {password} /etc /var/log /srv /root /home /tmp | sort || true").splitlines()
        kept = [path for path in there if not path.startswith("/srv/far/env/")]
        assert kept == [], "only env files of the app have it"
        for host in (WEB, DATABASE):
            assert hosts.on(host, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").find(password) == -1


def test_the_data_stay_when_the_app_or_the_service_goes(far: Project, hosts: Hosts) -> None:
    count = "cd / && runuser -u postgres -- psql -Atc 'SELECT count(*) FROM notes_note' far"
    before = hosts.on(DATABASE, count)
    assert int(before) >= 1
    services = far.tables.pop("services")
    far.tables["services"] = {"redis": services["redis"]}
    far.configure()
    run = far.provision()
    assert "[services.db] is no longer in the inventory; its data stay on lab3 (the database far)" in run.text
    assert hosts.on(DATABASE, count) == before
    far.tables["services"] = services
    far.configure()
    far.provision()
    run = far.fab("destroy", "--yes")
    assert run.code == 0, run.text
    assert "the database far of PostgreSQL stays on lab3 with its data" in run.text
    assert hosts.on(DATABASE, count) == before
