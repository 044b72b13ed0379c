"""The main job: a commit becomes a page that nginx serves."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest

from slipway.model.release import release_id
from tests.hosts.conftest import NewProject
from tests.hosts.project import ROOT, Project

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


def documented() -> dict[str, tuple[str, str]]:
    """Owners and mode of each path below an app's folder, as docs/architecture.md has them."""
    rows = re.findall(
        r"^\| (`.+?) +\| (`.+?) *\| (\d{4}) \|", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE
    )
    told = {}
    for paths, owners, mode in rows:
        for path in re.findall(r"`([^`]+)`", paths):
            told[re.sub(r"\b(ID|KEY|NAME)\b", "*", path).rstrip("/")] = (re.sub("[` ]", "", owners), mode.lstrip("0"))
    return told


def test_folders_have_the_owners_and_modes_that_the_docs_tell(project: Project, needs_root: None) -> None:
    project.deploy()
    told = documented()
    assert len(told) > 25
    seen = 0
    for path, (owners, mode) in told.items():
        lines = project.on("lab1", f"shopt -s nullglob; stat -c '%U,%G %a %n' {path} 2> /dev/null || true").splitlines()
        for line in (line for line in lines if ".lock" not in line):
            who, real, name = line.split(" ", 2)
            expected = owners.replace("APP", project.name)
            assert (who if "," in expected else who.split(",")[0], real) == (expected, mode), f"{path}: {name}"
            seen += 1
    assert seen > 20


def plant(project: Project, seconds: int) -> list[str]:
    """Give the second host a release for each of the next seconds, as if this commit had just been deployed there."""
    now, commit = datetime.now(timezone.utc), project.git("rev-parse", "HEAD")
    planted = [release_id(now + timedelta(seconds=ahead), commit) for ahead in range(seconds)]
    project.on("lab2", f"mkdir {' '.join(f'releases/{id}' for id in planted)}")
    project.on("lab2", f"for release in {' '.join(planted)}; do echo {{}} > releases/$release/release.json; done")
    return planted


def test_a_release_from_the_same_second_is_let_alone(project: Project) -> None:
    planted = plant(project, 3)
    project.deploy()
    ids = {project.current(host) for host in ON}
    assert len(ids) == 1
    assert ids.pop() > planted[-1]
    project.on("lab2", f"rm -rf {' '.join(f'releases/{id}' for id in planted)}")


def test_where_no_name_is_left_nothing_is_changed(project: Project) -> None:
    planted = plant(project, 60)
    before = project.traces()
    run = project.failing()
    assert "-" + project.git("rev-parse", "HEAD")[:7] + " already" in run.err
    assert "Run it again." in run.err
    assert project.traces() == before
    project.on("lab2", f"rm -rf {' '.join(f'releases/{id}' for id in planted)}")
