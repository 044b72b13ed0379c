"""The main job: a commit becomes a page that nginx serves."""

from __future__ import annotations

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project

ON = ("lab1", "lab2")


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("page", "hello", ON, health="/healthz", linked_dirs=["data"], env={"SECRET_KEY": "x"})
    project.deploy()
    return project


def test_the_page_comes_through_nginx_on_every_host(project: Project) -> None:
    for host in ON:
        answer = project.get(host)
        assert answer.status == 200
        assert project.current(host) in answer.text
        assert "<title>" in answer.text


def test_a_second_deploy_serves_the_new_page_on_every_host(project: Project) -> None:
    old = project.current("lab1")
    page = "guestbook/templates/guestbook/home.html"
    project.edit(page, (project.repo / page).read_text() + "<!-- second -->\n")
    project.deploy()
    for host in ON:
        answer = project.get(host)
        assert answer.status == 200
        assert "<!-- second -->" in answer.text
        assert old not in answer.text
