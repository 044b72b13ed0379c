"""A release is whole: what was collected and built for it, neither the app nor a later release can change."""

from __future__ import annotations

import re

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project

HOST = "lab1"
MANIFEST = "current/app/staticfiles/staticfiles.json"


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    """A Django app with uploads below STATIC_ROOT's neighbour, and with uploads in a folder that it makes by itself."""
    project = new_project(
        "sealed",
        "hello",
        (HOST,),
        health="/healthz",
        linked_dirs=["data"],
        env={"SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"},
    )
    settings = (project.repo / "hello/settings.py").read_text()
    project.write("hello/settings.py", f'{settings}\nMEDIA_ROOT = BASE_DIR / "uploads"\nMEDIA_URL = "media/"\n')
    project.commit("Take uploads")
    project.deploy()
    return project


def as_app(project: Project, command: str) -> int:
    """Run a command as the app's user, in the app's folder; returns its exit code."""
    who = "" if project.hosts.rootless else f"runuser -u {project.name} -- "
    return project.hosts.run(HOST, f"cd {project.base} && {who}bash -c '{command}'").returncode


@pytest.mark.usefixtures("needs_root")
def test_static_files_are_not_the_apps_to_change_nor_what_a_deploy_believes_of_them(project: Project) -> None:
    for command in (
        f"echo {{}} > {MANIFEST}",
        "rm current/static/files/static/staticfiles.json",
        "touch current/static/link",
        "mv current/static/files current/static/away",
        "touch static/x",
        "chmod 777 current/static/files",
        "echo x > current/conf/static.place",
    ):
        assert as_app(project, f"{command} 2> /dev/null") != 0, command


@pytest.mark.usefixtures("needs_root")
def test_a_command_that_writes_static_files_later_fails_and_says_where(project: Project) -> None:
    run = project.fab("run", "--command=touch staticfiles/late.css")
    assert run.code == 1
    assert "Permission denied" in run.text


def test_an_older_release_has_its_own_static_files_after_a_rollback(project: Project) -> None:
    before = project.on(HOST, f"cat {MANIFEST}")
    project.edit("guestbook/static/guestbook/new.css", "body { color: red }\n")
    project.deploy()
    assert "new.css" in project.on(HOST, f"cat {MANIFEST}")
    run = project.fab("rollback")
    assert run.code == 0, run.text
    assert project.on(HOST, f"cat {MANIFEST}") == before
    assert project.get(HOST).status == 200
    assert project.fab("restart").code == 0
    assert project.get(HOST).status == 200


def test_unchanged_static_files_are_shared_and_are_not_collected_again(project: Project) -> None:
    project.deploy()
    shared = project.on(HOST, "readlink -f current/static")
    project.edit("README.md", "Nothing that settings read.\n")
    project.deploy()
    assert project.on(HOST, "readlink -f current/static") == shared
    page = project.get(HOST).text
    path = re.findall(r'href="(/static/[^"]+\.css)"', page)[0]
    assert project.get(HOST, path).status == 200


def test_a_file_in_shared_that_settings_read_has_them_collected_again_only_when_it_changes(project: Project) -> None:
    before = (project.repo / "hello/settings.py").read_text()
    write = "echo {} > shared/data/flag.txt && chmod 644 shared/data/flag.txt"
    assert as_app(project, write.format("one")) == 0
    project.edit("hello/settings.py", before + '\nFLAG = (BASE_DIR / "data" / "flag.txt").read_text()\n')
    assert "not skipped" in project.deploy("--verbose").text
    shared = project.on(HOST, "readlink -f current/static")
    project.edit("README.md", "Nothing of this.\n")
    assert "not skipped" not in project.deploy("--verbose").text
    assert project.on(HOST, "readlink -f current/static") == shared
    assert as_app(project, write.format("two")) == 0
    project.edit("README.md", "Nothing of that.\n")
    assert "flag.txt has changed" in project.deploy("--verbose").text
    assert project.on(HOST, "readlink -f current/static") != shared
    project.edit("hello/settings.py", before)
    project.deploy()


def test_nginx_serves_what_the_app_has_uploaded(project: Project) -> None:
    assert as_app(project, "echo own > shared/uploads/own.txt; chmod 644 shared/uploads/own.txt") == 0
    assert as_app(project, "ln -sf own.txt shared/uploads/alias.txt") == 0
    assert project.get(HOST, "/media/own.txt").text == "own\n"
    assert project.get(HOST, "/media/alias.txt").text == "own\n"


@pytest.mark.usefixtures("needs_root")
def test_nginx_serves_no_link_of_the_app_that_leads_to_what_is_not_its_own(project: Project) -> None:
    log = f"/var/log/slipway/{project.name}"
    secret = project.on(HOST, f"ls {log}/*access* | head -n 1")
    project.on(HOST, "echo secret > /var/lib/secret.txt; chown www-data:www-data /var/lib/secret.txt")
    project.on(HOST, "chmod 600 /var/lib/secret.txt")
    links = {"log.txt": secret, "www.txt": "/var/lib/secret.txt", "passwd.txt": "/etc/passwd", "etc": "/etc"}
    for name, target in links.items():
        assert as_app(project, f"ln -sfn {target} shared/uploads/{name}") == 0
    for path in ("log.txt", "www.txt", "passwd.txt", "etc/passwd"):
        assert project.get(HOST, f"/media/{path}").status == 404, path


@pytest.mark.usefixtures("needs_root")
def test_uploads_in_a_folder_of_the_apps_own_are_served(project: Project) -> None:
    settings = (project.repo / "hello/settings.py").read_text()
    own = f'MEDIA_ROOT = "{project.base}/shared/made"'
    assert (
        as_app(project, "mkdir -m 755 shared/made && echo hi > shared/made/a.txt && chmod 644 shared/made/a.txt") == 0
    )
    project.edit("hello/settings.py", settings.replace('MEDIA_ROOT = BASE_DIR / "uploads"', own))
    project.deploy()
    assert project.get(HOST, "/media/a.txt").text == "hi\n"
    project.edit("README.md", "Nothing.\n")
    project.deploy()
    assert project.get(HOST, "/media/a.txt").text == "hi\n"
    project.on(HOST, "chown deploy shared/made")  # as an earlier version of Slipway made it
    project.edit("README.md", "Nothing at all.\n")
    assert "shared/made belongs to the account that deploys" in project.deploy("--force").text
    assert project.fab("provision").code == 0
    assert project.get(HOST, "/media/a.txt").text == "hi\n"


@pytest.mark.usefixtures("needs_root")
def test_no_link_leads_nginx_into_a_folder_of_another_app(project: Project) -> None:
    before = (project.repo / "hello/settings.py").read_text()
    other = "/srv/sealed-other"
    made = f"install -d -o deploy -m 755 {other} {other}/shared && echo secret > {other}/shared/b.txt"
    try:
        project.hosts.on(HOST, made)
        project.write("hello/settings.py", before + f'\nMEDIA_ROOT = "{other}/shared"\n')
        project.commit("Serve what is another app's")
        run = project.deploy()
        assert f"{other}/shared belongs to the account that deploys" in run.text
        assert project.get(HOST, "/media/b.txt").status == 404
    finally:
        project.hosts.on(HOST, f"rm -rf {other}")
        project.write("hello/settings.py", before)
        project.commit("Serve its own")
