"""A user's own templates, beside inventory.toml: one changed block lands on the host, and everything else stays."""

from __future__ import annotations

import time

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project

HOST = "lab1"


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("shapes", health="/healthz")
    project.deploy()
    (project.folder / "templates").mkdir()
    return project


def override(project: Project, template: str, block: str, text: str) -> None:
    changed = f'{{% extends "shipped/{template}" %}}\n{{% block {block} %}}\n{text}\n{{% endblock %}}\n'
    (project.folder / "templates" / template).write_text(changed)


def test_a_block_of_gunicorns_configuration_lands_with_the_next_deploy(project: Project) -> None:
    override(project, "gunicorn.conf.py.j2", "extra", 'proc_name = "round-{{ app.name }}"')
    project.deploy()
    conf = project.on(HOST, "cat current/conf/gunicorn.conf.py")
    assert 'proc_name = "round-shapes"' in conf
    assert "graceful_timeout = 30" in conf
    (project.folder / "templates" / "gunicorn.conf.py.j2").unlink()
    project.deploy()
    assert "proc_name" not in project.on(HOST, "cat current/conf/gunicorn.conf.py")


def test_a_block_of_supervisors_program_lands_with_the_next_deploy(project: Project) -> None:
    override(project, "program.conf.j2", "extra", 'environment=SHAPE="oval"')
    project.deploy()
    assert project.environment(HOST, project.page(HOST)["pid"])[b"SHAPE"] == b"oval"


def test_other_workers_than_the_inventory_says_are_waited_for(project: Project) -> None:
    override(project, "gunicorn.conf.py.j2", "workers", "workers = 1")
    project.deploy()
    assert project.on(HOST, "ls current/run | grep -c worker-") == "1"


def test_a_block_of_the_nginx_site_lands_with_provision_and_only_once(project: Project) -> None:
    override(project, "nginx.conf.j2", "extra", '    add_header X-Shape "{{ app.name }}" always;')
    assert "x-shape" not in project.get(HOST).headers
    assert "changed=1" in project.provision().text
    deadline = time.monotonic() + 5  # nginx reads its configuration in its own time
    while project.get(HOST).headers.get("x-shape") != "shapes":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "changed=0" in project.provision().text


def test_what_nginx_refuses_does_not_reach_the_nginx_that_runs(project: Project) -> None:
    before = project.on(HOST, "cat /etc/nginx/sites-available/slipway-shapes.conf")
    override(project, "nginx.conf.j2", "extra", "    nonsense on;")
    run = project.fab("provision")
    assert run.code == 1
    assert 'unknown directive "nonsense"' in run.err
    assert project.get(HOST).headers["x-shape"] == "shapes"
    assert project.on(HOST, "cat /etc/nginx/sites-available/slipway-shapes.conf") == before
    project.on(HOST, "nginx -t 2>&1")


def test_a_whole_template_of_ones_own_wins(project: Project) -> None:
    (project.folder / "templates" / "nginx.conf.j2").unlink()
    text = '# all mine\nbind = "unix:{{ paths.socket }}"\numask = 0\nworkers = 1\n'
    (project.folder / "templates" / "gunicorn.conf.py.j2").write_text(text)
    project.deploy()
    assert project.on(HOST, "head -n 1 current/conf/gunicorn.conf.py") == "# all mine"
    assert project.page(HOST)["release"] == project.current(HOST)
