"""What must not happen: a release that is not healthy reaches a visitor, or leaves something behind.

Each test breaks one thing, and afterwards puts it right and deploys again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.load import Visitors
from tests.hosts.project import Project, Run

ON = ("lab1", "lab2")


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("broken", on=ON, health="/healthz", health_timeout=4, gunicorn={"threads": 6})
    project.deploy()
    return project


@pytest.fixture(autouse=True)
def mended(project: Project) -> Iterator[None]:
    """Everything serves the old release after the test, nothing is left of the new one, and the next deploy works."""
    good = project.git("rev-parse", "HEAD")
    settings = dict(project.settings)
    before = project.traces()
    yield
    served = {page["release"] for page in project.pages()}
    after = project.traces()
    project.settings = settings
    project.configure(**{key: settings.get(key) for key in project.settings})
    project.back_to(good)
    for template in (project.folder / "templates").glob("*"):
        template.unlink()
    assert after == before
    assert served == {project.current(host) for host in ON}
    project.deploy()
    assert {page["release"] for page in project.pages()} == {project.current(host) for host in ON} != served


def told(run: Run, *parts: str) -> None:
    """The output names everything that helps."""
    for part in parts:
        assert part in run.err, f"{part!r} is missing in:\n{run.err}"


def override(project: Project, template: str, block: str, text: str) -> None:
    """Change one block of a template in the user's own folder."""
    folder = project.folder / "templates"
    folder.mkdir(exist_ok=True)
    changed = f'{{% extends "shipped/{template}" %}}\n{{% block {block} %}}\n{text}\n{{% endblock %}}\n'
    (folder / template).write_text(changed)


def test_an_import_error_is_found_before_the_switch(project: Project) -> None:
    project.replace("app.py", "import json\n", "import json\nimport nothing_such\n")
    project.commit("Break the import")
    run = project.failing()
    told(run, "lab1", "lab2", "boot", "ended", "No module named 'nothing_such'", "app.py")


def test_an_app_that_answers_500_is_found_before_the_switch(project: Project) -> None:
    project.replace("app.py", '"200 OK"', '"500 Internal Server Error"')
    project.commit("Answer 500")
    run = project.failing()
    told(run, "lab1", "lab2", "boot", "GET /healthz", "500")


def test_an_app_that_hangs_at_boot_is_given_up_in_time(project: Project) -> None:
    project.replace("app.py", "STARTED = ", "time.sleep(3600)\nSTARTED = ")
    project.commit("Hang")
    began = time.monotonic()
    run = project.failing()
    assert time.monotonic() - began < 4 + 10
    told(run, "lab1", "lab2", "boot", "after 4 s")


def test_an_app_that_dies_again_and_again_is_found_before_the_switch(project: Project) -> None:
    project.replace("app.py", "STARTED = ", "os._exit(9)\nSTARTED = ")
    project.commit("Die")
    told(project.failing(), "lab1", "lab2", "boot")


def test_an_app_that_never_answers_is_given_up_in_time(project: Project) -> None:
    project.replace("app.py", 'path == "/slow"', 'path == "/healthz" and not time.sleep(3600)')
    project.commit("Never answer")
    told(project.failing(), "lab1", "lab2", "boot", "after 4 s")


def test_a_requirement_that_cannot_be_met_stops_before_anything_boots(project: Project) -> None:
    project.edit("requirements.txt", "idna==99999\n")
    run = project.failing()
    told(run, "lab1", "lab2", "venv", "uv pip install", "there is no version of idna==99999")
    assert "Boot and check" not in run.text


def test_what_nginx_refuses_is_found_before_the_switch(project: Project) -> None:
    override(project, "nginx.conf.j2", "extra", "    nonsense on;")
    project.commit("Something new")
    run = project.failing()
    told(run, "lab1", "lab2", "config", 'unknown directive "nonsense"', "nginx.conf:")


def test_what_gunicorn_refuses_is_found_before_anything_boots(project: Project) -> None:
    override(project, "gunicorn.conf.py.j2", "extra", 'workers = "many"')
    project.commit("Something new")
    told(project.failing(), "lab1", "lab2", "config", "Invalid value for workers: many")


def test_what_supervisord_refuses_does_not_stay_in_its_folder(project: Project) -> None:
    override(project, "program.conf.j2", "extra", "startsecs=soon")
    project.commit("Something new")
    told(project.failing(), "lab1", "lab2", "boot", "soon")


def test_a_wrong_template_is_found_before_any_host_is_asked(project: Project) -> None:
    override(project, "gunicorn.conf.py.j2", "extra", "{{ no_such_thing }}")
    run = project.fab("deploy")
    assert run.code == 2
    told(run, "gunicorn.conf.py.j2:3", "no_such_thing")
    assert "Connect" not in run.text


def test_one_host_that_fails_keeps_the_release_from_all(project: Project) -> None:
    project.replace("app.py", "STARTED = ", 'assert os.uname().nodename != "lab2", "not here"\nSTARTED = ')
    project.commit("Fail on one host")
    run = project.failing()
    told(run, "lab2", "boot", "AssertionError: not here", "reverted")
    assert "lab1: " not in run.err.split("error: ", 1)[1].splitlines()[0]


def test_a_worker_that_dies_after_the_switch_takes_every_host_back_and_no_request_is_lost(project: Project) -> None:
    project.configure(processes={"worker": {"command": "python worker.py"}})
    project.edit("worker.py", "import time\n\ntime.sleep(3)\nraise SystemExit('no work today')\n")
    with Visitors(project, rate=30) as visitors:
        run = project.failing()
        time.sleep(0.5)
    visitors.check()
    told(run, "lab1", "lab2", "workers", "no work today", "reverted")
    for host in ON:
        assert len(visitors.releases(host)) == 2, "the new release served for a moment"


@pytest.mark.usefixtures("needs_root")
def test_a_host_whose_nginx_does_not_answer_takes_every_host_back(project: Project) -> None:
    project.commit("Something new")
    project.on("lab2", "systemctl stop nginx")
    try:
        run = project.failing()
    finally:
        project.on("lab2", "systemctl start nginx")
    told(run, "lab2", "verify", "nginx")
