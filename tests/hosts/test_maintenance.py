"""Maintenance on real hosts: the page, who passes, what leaves it on, and that no visitor is lost when it ends."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.hosts import Answer
from tests.hosts.project import Project, Run

HOSTS = ("lab1", "lab2")
SLY = '<script>alert(1)</script> & "we\'re" back at 5'


@pytest.fixture(scope="module")
def shut(new_project: NewProject) -> Project:
    project = new_project("shut", on=HOSTS, health="/well")
    project.deploy()
    return project


@pytest.fixture
def project(shut: Project) -> Iterator[Project]:
    """The project, open before and after."""
    off(shut)
    yield shut
    off(shut)


def on(project: Project, *words: str) -> Run:
    run = project.fab("maintenance.on", *words)
    assert run.code == 0, run.text
    return run


def off(project: Project) -> Run:
    run = project.fab("maintenance.off")
    assert run.code == 0, run.text
    return run


def closed(project: Project, **options: Any) -> list[bool]:
    """On each host, whether a visitor gets the page."""
    return [is_page(project.get(host, **options)) for host in HOSTS]


def is_page(answer: Answer) -> bool:
    assert answer.status in (200, 503), answer.text
    assert (answer.status == 503) == ("retry-after" in answer.headers)
    return answer.status == 503


def entries(project: Project) -> dict[str, str]:
    return project.on_all("ls -A maintenance")


def visitor(project: Project) -> str:
    """The address from which the tests reach the host."""
    project.get("lab1", "/visitor")
    log = "log/nginx.access.log" if project.hosts.rootless else f"/var/log/slipway/{project.name}/access.log"
    return project.on("lab1", f"grep /visitor {log} | tail -n 1 | cut -d' ' -f1")


class Visitors:
    """Visitors who never pause, some on a connection that they keep; whatever is no answer is a failure."""

    def __init__(self, project: Project) -> None:
        self.project, self.over = project, threading.Event()
        self.seen: Counter[int] = Counter()
        self.failures: list[str] = []
        work = [(self.come_again, host) for host in HOSTS] + [(self.stay, host) for host in HOSTS]
        self.threads = [threading.Thread(target=do, args=(host,), daemon=True) for do, host in work]

    def __enter__(self) -> Visitors:
        for thread in self.threads:
            thread.start()
        time.sleep(0.3)
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(30)

    def come_again(self, host: str) -> None:
        while not self.over.is_set():
            try:
                self.seen[is_page(self.project.get(host, method="POST", body=b"x" * 3000))] += 1
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.failures.append(f"{host}: {error!r}")

    def stay(self, host: str) -> None:
        place = self.project.hosts[host]
        connection = http.client.HTTPConnection(place.address, place.http_port, timeout=20)
        while not self.over.is_set():
            try:
                connection.request("GET", "/", headers={"Host": self.project.site})
                answer = connection.getresponse()
                body = answer.read()
                fields = {key.lower(): value for key, value in answer.getheaders()}
                self.seen[is_page(Answer(answer.status, fields, body))] += 1
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.failures.append(f"{host}: {error!r}")
                connection.close()
        connection.close()


def test_visitors_get_a_page_of_one_file_that_says_when_to_come_back(project: Project) -> None:
    run = on(project, "--message=New shelves.\nBack at noon.", "--retry-after=2h")
    assert "maintenance.on done on 2 hosts" in run.out
    for host in HOSTS:
        answer = project.get(host, "/any/page?x=1", headers={"Accept": "text/html,*/*;q=0.8"})
        assert (answer.status, answer.headers["retry-after"]) == (503, "7200")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert "New shelves.\nBack at noon." in answer.text
        assert "in about 2 hours" in answer.text
        assert "://" not in answer.text
    off(project)
    assert [page["text"] for page in project.pages()] == ["first", "first"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_every_method_and_a_long_body_get_it(project: Project, method: str) -> None:
    on(project)
    body = b"x" * 3_000_000 if method in ("POST", "PUT", "PATCH") else None
    assert closed(project, method=method, body=body) == [True, True]


def test_what_the_message_holds_cannot_become_markup(project: Project) -> None:
    on(project, f"--message={SLY}")
    text = project.get("lab1").text
    assert SLY not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;we&#39;re&#34; back at 5" in text
    on(project, "--message=Über $HOME `id` {{ 7 * 7 }} %s")
    assert "Über $HOME `id` {{ 7 * 7 }} %s" in project.get("lab2").text


def test_programs_that_want_json_get_json(project: Project) -> None:
    on(project, "--message=Back soon.", "--retry-after=90s")
    answer = project.get("lab1", "/api", headers={"Accept": "application/json"})
    assert (answer.status, answer.headers["content-type"], answer.headers["retry-after"]) == (
        503,
        "application/json",
        "90",
    )
    assert json.loads(answer.body) == {"error": "maintenance", "message": "Back soon.", "retry_after": 90}


def test_health_checks_pass_and_nobody_asks_for_the_page_by_its_name(project: Project) -> None:
    on(project)
    assert [project.get(host, "/well?from=lb").status for host in HOSTS] == [200, 200]
    assert closed(project, path="/well/x") == [True, True]
    for path in ("/.slipway/maintenance.html", "/.slipway/maintenance.json"):
        assert project.get("lab1", path).status == 404
    off(project)
    assert project.get("lab1", "/.slipway/maintenance.html").status == 404


def test_allowed_addresses_and_networks_pass_and_others_do_not(project: Project) -> None:
    mine = visitor(project)
    first, second, _, _ = mine.split(".")
    on(project, f"--allow=198.51.100.0/24,{mine}")
    assert closed(project) == [False, False]
    for allowed in (f"{first}.0.0.0/8", f"{first}.{second}.0.0/15" if int(second) % 2 == 0 else f"{mine}/32"):
        on(project, f"--allow={allowed}")
        assert closed(project) == [False, False]
    on(project, "--allow=198.51.100.7,198.18.0.0/15,2001:db8::/32")
    assert closed(project) == [True, True]
    assert closed(project, headers={"X-Forwarded-For": "198.51.100.7", "X-Real-IP": "198.51.100.7"}) == [True, True]
    assert closed(project, headers={"Slipway-Pass": "../page.html"}) == [True, True]
    assert project.fab("maintenance.on", "--allow=10.0.0.1/8").code == 2


def test_it_survives_deploys_and_rollbacks_which_say_so(project: Project) -> None:
    on(project)
    project.say("while closed")
    run = project.deploy()
    assert "maintenance is on" in run.out
    assert closed(project) == [True, True]
    assert project.deploy("--strategy=canary", "--batch=1", "--watch=2").code == 0
    assert project.fab("rollback").code == 0
    assert closed(project) == [True, True]
    off(project)
    assert [page["text"] for page in project.pages()] == ["while closed", "while closed"]


def test_without_a_health_path_a_deploy_asks_for_the_home_page_and_passes(project: Project) -> None:
    project.configure(health=None)
    on(project)
    try:
        project.deploy()
        assert closed(project) == [True, True]
    finally:
        project.configure(health="/well")


@pytest.mark.usefixtures("needs_root")
def test_it_survives_a_reboot_and_the_app_is_there_behind_it(project: Project) -> None:
    on(project)
    project.hosts.restart("lab1")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if project.get("lab1", "/well").status == 200:
                break
        time.sleep(0.2)
    assert closed(project) == [True, True]


def test_status_and_history_tell_of_it(project: Project) -> None:
    on(project, "--message=New shelves.", "--allow=198.51.100.7")
    run = project.fab("status")
    assert run.code == 0, run.text
    assert run.out.count("maintenance on") == 2
    assert "New shelves." in run.out
    for row in json.loads(project.fab("status", "--json").out)["hosts"]:
        told = row["maintenance"]
        assert (told["message"], told["retry_after"], told["allow"]) == ("New shelves.", 600, ["198.51.100.7"])
        assert "@" in told["who"]
        assert told["since"].endswith("+00:00")
    off(project)
    rows = json.loads(project.fab("status", "--json").out)["hosts"]
    assert [row["maintenance"] for row in rows] == [None, None]
    for lines in json.loads(project.fab("history", "--last=2", "--json").out)["hosts"].values():
        assert [(line["operation"], line["outcome"]) for line in lines] == [
            ("maintenance.on", "ok"),
            ("maintenance.off", "ok"),
        ]
        assert lines[0]["message"] == "New shelves."


def test_no_visitor_is_lost_when_it_begins_changes_and_ends(project: Project) -> None:
    with Visitors(project) as visitors:
        for _ in range(2):
            on(project)
            on(project, "--message=Another.")
            off(project)
    assert not visitors.failures, visitors.failures[:5]
    assert min(visitors.seen[False], visitors.seen[True]) > 20
    assert closed(project) == [False, False]


def test_nothing_is_left_behind(project: Project) -> None:
    on(project)
    on(project)
    assert all(len([name for name in names.split() if name[0].isdigit()]) == 1 for names in entries(project).values())
    off(project)
    assert all(len(names.split()) == 3 and names.endswith("lock\npage") for names in entries(project).values())
    assert "maintenance was not on" in off(project).out


def test_an_nginx_that_does_not_know_of_it_is_noticed_and_every_host_is_put_back(project: Project) -> None:
    folder = project.folder / "templates"
    folder.mkdir()
    own = '{% extends "shipped/nginx.conf.j2" %}{% block maintenance %}{% endblock %}\n'
    (folder / "nginx.conf.j2").write_text(own)
    project.provision("--hosts=lab2")
    before = entries(project)
    try:
        run = project.fab("maintenance.on")
        assert run.code == 1
        assert "nginx does not serve the page, but 200: run `fab provision` first" in run.err
        assert "own lacks the blocks" in run.err
        assert closed(project) == [False, False]
        assert entries(project) == before
    finally:
        (folder / "nginx.conf.j2").unlink()
        folder.rmdir()
        project.provision("--hosts=lab2")


def test_a_host_that_was_provisioned_before_there_was_a_place_for_it_says_what_to_do(project: Project) -> None:
    project.on("lab1", "rm -r maintenance")
    run = project.fab("maintenance.on")
    assert run.code == 1
    assert "fab provision --hosts=lab1" in run.err
    assert closed(project) == [False, False]
    assert "folder" in project.provision("--verbose").out


def test_a_page_of_the_users_own(project: Project) -> None:
    folder = project.folder / "templates"
    folder.mkdir()
    own = '{% extends "shipped/maintenance.html.j2" %}{% block heading %}Gleich zurück{% endblock %}\n'
    (folder / "maintenance.html.j2").write_text(own)
    try:
        on(project, "--message=<b>")
        text = project.get("lab1").text
        assert "Gleich zurück" in text
        assert "&lt;b&gt;" in text
    finally:
        (folder / "maintenance.html.j2").unlink()
        folder.rmdir()


def test_a_client_that_is_killed_half_way_leaves_all_hosts_alike(project: Project) -> None:
    for seconds in (0.8, 1.1, 1.4):
        killed = project.start("maintenance.on")
        time.sleep(seconds)
        killed.kill()
        killed.communicate()
        deadline = time.monotonic() + 60
        while any("undo" in names for names in entries(project).values()) and time.monotonic() < deadline:
            time.sleep(0.5)
        assert len(set(closed(project))) == 1
