"""Other domains, another port, another health path: no visitor of the old or the new ones is ever refused."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project

pytestmark = pytest.mark.usefixtures("needs_root")

HOST = "lab1"
CHECK = """    known = os.environ["SLIPWAY_DOMAINS"].split(",")
    status = "200 OK" if environ["HTTP_HOST"].split(":")[0] in known else "400 Bad Request"
    status, answer = (
        status,
"""


@dataclass
class Visit:
    """One answer: when it was asked for, and what came; status 0 if nothing did."""

    began: float
    status: int
    release: str


@contextmanager
def visitors(project: Project, *names: str) -> Iterator[dict[str, list[Visit]]]:
    """Ask for each name all the time."""
    seen: dict[str, list[Visit]] = {name: [] for name in names}
    over = threading.Event()

    def visit(name: str) -> None:
        while not over.is_set():
            began = time.monotonic()
            try:
                answer = project.hosts.get(HOST, "/", site=name, timeout=20)
                seen[name].append(Visit(began, answer.status, json.loads(answer.body)["release"]))
            except (OSError, http.client.HTTPException, ValueError):
                seen[name].append(Visit(began, 0, ""))
            time.sleep(0.01)

    threads = [threading.Thread(target=visit, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("moves", domains=["old.test"])
    project.replace("app.py", '    status, answer = (\n        "200 OK",\n', CHECK)
    project.commit("Answer to our own names only, as Django does")
    project.deploy()
    return project


def answering(project: Project, *ports: int) -> list[int]:
    """Those of some ports at which the page is served."""
    # On the host itself, since a lab may forward no more than one port.
    ask = "exec 3<>/dev/tcp/127.0.0.1/%d && printf 'GET / HTTP/1.0\\r\\nHost: %s\\r\\n\\r\\n' >&3 && head -n 1 <&3"
    said = {port: project.on(HOST, f"({ask % (port, project.site)}) 2> /dev/null || true") for port in ports}
    return [port for port, line in said.items() if " 200 " in line]


def move(project: Project, **settings: object) -> None:
    """Change the inventory."""
    project.settings |= settings
    project.configure()


def test_a_new_domain_is_one_story_without_a_refused_visitor(project: Project) -> None:
    old = project.current(HOST)
    move(project, domains=["new.test", "www.new.test"])
    with visitors(project, "old.test", "new.test") as seen:
        run = project.failing()
        assert "nginx does not serve new.test, www.new.test here yet" in run.text
        assert f"fab provision --hosts={HOST}" in run.text
        assert project.current(HOST) == old
        assert "goes on serving" in project.provision().text
        assert "old.test" in project.provision().text, "a second run takes nothing away"
        assert "still serves old.test" in project.deploy().text
        new = project.current(HOST)
        time.sleep(0.5)
        switched = min(visit.began for visits in seen.values() for visit in visits if visit.release == new)
    assert [
        visit for visit in seen["old.test"] if visit.began < switched and visit.release != new and visit.status != 200
    ] == []
    assert [visit for visit in seen["new.test"] if visit.began > switched and visit.status != 200] == []
    assert [visit for visit in seen["new.test"] if visit.began > switched] != []
    assert "still serves old.test" in project.fab("status").text
    with visitors(project, "new.test") as seen:
        project.provision()
    assert {visit.status for visit in seen["new.test"]} == {200}
    with pytest.raises(http.client.RemoteDisconnected):
        project.get(HOST, site="old.test")
    assert "old.test" not in project.fab("status").text
    assert "changed=0" in project.provision().text


def test_a_rollback_to_a_release_whose_names_are_gone_is_refused_before_anything_begins(project: Project) -> None:
    run = project.fab("rollback")
    assert run.code == 1, run.text
    assert "was made for old.test" in run.text
    assert f"fab provision --hosts={HOST}" in run.text


def test_another_port_is_served_beside_the_old_one_until_the_switch(project: Project) -> None:
    move(project, port=8099)
    for words in (["deploy", "--again"], ["restart"]):
        run = project.fab(*words)
        assert run.code == 1, run.text
        assert "nginx does not listen on port 8099 here yet" in run.text
    project.provision()
    assert answering(project, 80, 8099) == [80, 8099]
    project.deploy()
    print(project.on(HOST, "grep -n -e listen -e serves -e server_name /etc/nginx/sites-enabled/*; ss -Hltn"))
    assert answering(project, 80, 8099) == [80, 8099]
    project.provision()
    assert answering(project, 80, 8099) == [8099]
    move(project, port=80)
    project.provision()
    project.deploy()
    project.provision()


def test_https_and_the_health_path_follow(project: Project) -> None:
    assert answering(project, 80) == [80]
    move(project, https=True)
    assert "nginx does not serve https here yet" in project.failing().text
    project.provision()
    project.deploy()
    move(project, https=False)
    assert "still serves https" in project.deploy().text
    project.provision()
    assert "X-Forwarded-Proto $scheme" in project.on(HOST, f"cat /etc/nginx/sites-enabled/slipway-{project.name}.conf")
    move(project, health="/well")
    project.deploy()
    assert project.page(HOST)["text"] == "first"


def test_visitors_say_nothing_of_proxies_to_the_app(project: Project) -> None:
    project.replace(
        "app.py", '            "pid": os.getpid(),', '            "pid": os.getpid(), "headers": sorted(environ),'
    )
    project.commit("Show headers")
    project.deploy()
    names = (
        "Forwarded",
        "X-Forwarded-Port",
        "X-Forwarded-Prefix",
        "X-Forwarded-Server",
        "X-Forwarded-Ssl",
        "Slipway-Pass",
    )
    answer = project.get(HOST, headers=dict.fromkeys(names, "a" * 32))
    seen = json.loads(answer.body)["headers"]
    assert [name for name in names if f"HTTP_{name.upper().replace('-', '_')}" in seen] == []
