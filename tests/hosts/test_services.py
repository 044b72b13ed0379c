"""Services on real hosts: PostgreSQL and redis that `fab provision` makes, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hosts.hosts import Hosts
from tests.hosts.project import Project

pytestmark = pytest.mark.usefixtures("needs_root")

APP = Path(__file__).parent / "apps" / "notes"


def made(hosts: Hosts, folder: Path, name: str, on: tuple[str, ...], **tables: object) -> Project:
    """A project with services, not provisioned yet."""
    project = Project(hosts, folder, name, APP, on, env={"SECRET_KEY": "sesame"})
    project.tables.update(tables)
    project.configure()
    return project


@pytest.fixture(scope="module")
def project(hosts: Hosts, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """An app with everything on its own host."""
    services = {
        "db": {"kind": "postgres", "extensions": ["pg_trgm"]},
        "redis": {"kind": "redis"},
        "near": {"kind": "memcached", "bind": {"MEMCACHED_HOST": "host"}},
    }
    project = made(hosts, tmp_path_factory.mktemp("notes"), "notes", ("lab1",), services=services)
    project.provision("--verbose")
    project.deploy()
    return project


def test_an_app_writes_to_the_services_of_its_own_host(project: Project) -> None:
    project.page("lab1", "/?text=hello")
    page = project.page("lab1", "/?text=again")
    assert page["notes"] == ["hello", "again"]
    assert page["visits"] == {"default": 2, "near": 2}
