"""What a deploy leaves on a host: who runs what, who may read and write what, what listens, what survives a reboot."""

from __future__ import annotations

import http.client
import json
import re
import time

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project

HOST = "lab1"


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project(
        "house",
        "hello",
        (HOST,),
        health="/healthz",
        linked_dirs=["data"],
        processes={"ticker": "python manage.py tick"},
        env={"SECRET_KEY": "not for everybody"},
    )
    project.deploy()
    return project


@pytest.mark.usefixtures("needs_root")
def test_everything_of_the_app_runs_as_its_own_user(project: Project) -> None:
    everything = [line.split(maxsplit=1) for line in project.on(HOST, "ps -eo user:32=,args=").splitlines()]
    assert {user for user, words in everything if f"{project.base}/releases/" in words} == {"house"}
    own = [words for user, words in everything if user == "house"]
    for part in ("supervisord", "gunicorn", "manage.py tick"):
        assert any(part in words for words in own), own
    assert project.on(HOST, "getent passwd house").endswith("/usr/sbin/nologin")


@pytest.mark.usefixtures("needs_root")
def test_the_apps_user_can_write_only_where_data_belongs(project: Project) -> None:
    writable = project.on(HOST, "runuser -u house -- find . ! -type l -writable -printf '%P\\n' || true").splitlines()
    release = f"releases/{project.current(HOST)}"
    allowed = re.compile(rf"(shared|log|run|tasks|{release}/run)(/.*)?")
    assert [path for path in writable if not allowed.fullmatch(path)] == []
    for path in ("app/manage.py", "conf/run", "conf/gunicorn.conf.py", "venv/bin/python", "release.json"):
        assert project.hosts.run(HOST, f"runuser -u house -- test -w {project.base}/current/{path}").returncode == 1
    assert any(path.startswith("shared/data") for path in writable)


@pytest.mark.usefixtures("needs_root")
def test_the_environment_is_readable_for_the_app_and_nobody_else(project: Project) -> None:
    file = f"{project.base}/env/{project.current(HOST)}.env"
    assert project.on(HOST, f"stat -c '%a %U %G' {file}") == "640 deploy house"
    project.on(HOST, f"runuser -u house -- cat {file}")
    for user in ("nobody", "www-data"):
        assert project.hosts.run(HOST, f"runuser -u {user} -- cat {file}").returncode
        assert project.hosts.run(HOST, f"runuser -u {user} -- cat {project.base}/current/app/manage.py").returncode
        assert project.hosts.run(HOST, f"runuser -u {user} -- cat {project.base}/shared/data/db.sqlite3").returncode


@pytest.mark.usefixtures("needs_root")
def test_the_deploy_account_may_act_as_the_apps_user_and_as_nobody_else(project: Project) -> None:
    def sudo(user: str) -> int:
        return project.hosts.run(HOST, f"runuser -u deploy -- sudo -n -u {user} -- true").returncode

    assert sudo("house") == 0
    for user in ("root", "www-data", "nobody"):
        assert sudo(user) != 0


@pytest.mark.usefixtures("needs_root")
def test_nothing_but_nginx_and_sshd_listens_on_the_network(project: Project) -> None:
    listening = project.on(HOST, "ss -Hltunp").splitlines()
    assert listening
    assert {re.findall(r'\(\("([^"]+)"', line)[0] for line in listening} == {"nginx", "sshd"}


def test_static_files_are_served_by_nginx_with_a_year_to_keep_them(project: Project) -> None:
    page = project.get(HOST).text
    path = re.findall(r'href="(/static/[^"]+\.css)"', page)[0]
    assert re.search(r"\.[0-9a-f]{12}\.css$", path)
    answer = project.get(HOST, path)
    assert answer.status == 200
    assert "immutable" in answer.headers["cache-control"]
    assert project.get(HOST, "/static/nothing.css").status == 404


def test_what_is_no_public_file_cannot_be_had_through_nginx(project: Project) -> None:
    for path in (
        "/manage.py",
        "/.git/HEAD",
        "/.env",
        "/release.json",
        "/../release.json",
        "/static/../../release.json",
    ):
        assert project.get(HOST, path).status in (400, 404)


def test_an_unknown_host_name_is_refused_before_it_reaches_the_app(project: Project) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        project.get(HOST, "/from-elsewhere", site="elsewhere.test")
    with pytest.raises(http.client.RemoteDisconnected):
        project.hosts.get(HOST, "/from-elsewhere")  # by its address, which is no domain of the app
    assert "elsewhere" not in project.on(HOST, "cat log/web.*.log")


def test_the_app_learns_who_asks_and_by_which_name(project: Project) -> None:
    seen = json.loads(project.get(HOST, "/headers", headers={"X-Forwarded-For": "9.9.9.9"}).body)
    assert seen["host"] == project.site
    assert seen["scheme"] == "http"
    assert "9.9.9.9" not in json.dumps(seen)


def test_what_visitors_wrote_is_still_there_after_the_next_deploy(project: Project) -> None:
    token = "t" * 32
    answer = project.get(
        HOST,
        "/",
        method="POST",
        body=b"name=Ada&text=I+was+here",
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"csrftoken={token}",
            "X-CSRFToken": token,
        },
    )
    assert answer.status == 302
    project.commit("Nothing new")
    project.deploy()
    assert "I was here" in project.get(HOST).text


def test_provisioning_a_host_that_serves_changes_nothing(project: Project) -> None:
    before = project.traces()
    run = project.provision()
    assert re.search(r"changed=0\b", run.text), run.text
    assert not re.search(r"changed=[1-9]", run.text), run.text
    assert project.traces() == before


def test_after_a_reboot_the_current_release_comes_back_with_its_processes(project: Project) -> None:
    release = project.current(HOST)
    project.hosts.restart(HOST)
    deadline = time.monotonic() + 20
    while not healthy(project) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert project.page(HOST, "/healthz")["release"] == release
    assert f"{release}/" in project.on(HOST, "pgrep -af 'gunicorn -c'")
    assert "manage.py tick" in project.on(HOST, "pgrep -af 'manage.py tick'")
    assert "I was here" in project.get(HOST).text
    project.commit("After the reboot")
    project.deploy()
    assert project.page(HOST, "/healthz")["release"] == project.current(HOST) != release


def healthy(project: Project) -> bool:
    """Whether the app answers; nothing listens while the host boots."""
    try:
        return project.get(HOST, "/healthz", timeout=5).status == 200
    except (OSError, http.client.HTTPException):
        return False
