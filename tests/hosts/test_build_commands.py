"""What becomes part of a release besides the commit: build commands, files from the operator, what runs once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project

HOST = "lab1"
SERVE = """
import pathlib
TEXT = pathlib.Path(__file__).with_name("made.txt").read_text()
"""
MAKE = """
import getpass, os, pathlib
import gunicorn
print("built by", getpass.getuser(), "\\x01done 1 0")
print("\\x01fact current forged")
pathlib.Path("made.txt").write_text(f"{os.environ.get('PUBLIC')} {os.environ.get('SECRET')}")
pathlib.Path("assets/deep").mkdir(parents=True)
pathlib.Path("assets/deep/program").write_text("#!/bin/sh")
pathlib.Path("assets/deep/program").chmod(0o755)
pathlib.Path("assets/link").symlink_to("deep/program")
pathlib.Path("assets/pipe").symlink_to(pathlib.Path("made.txt").resolve())
os.mkfifo("assets/fifo")
"""
SPY = """
import glob, os
for path in ("env", "releases", "venvs", "shared", "current/run", "current/app", "static"):
    path = f"/srv/builder/{path}"
    try:
        os.listdir(path)
        print("ALLOWED", path)
    except OSError as error:
        print(type(error).__name__, path)
"""
BUILD: dict[str, Any] = {"commands": ["python make.py"], "env": ["PUBLIC"]}


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("builder", on=(HOST,), env={"SECRET": "s3cr3t", "PUBLIC": "hello"}, build=BUILD)
    project.write("make.py", MAKE)
    project.write("app.py", (project.repo / "app.py").read_text().replace('TEXT = "first"', SERVE))
    project.commit("Build")
    return project


def test_what_the_commands_made_is_part_of_the_release_and_the_app_cannot_change_it(project: Project) -> None:
    run = project.deploy("--verbose")
    assert "built by" in run.text
    assert project.page(HOST)["text"] == "hello None"
    assert project.on(HOST, "cat current/app/assets/link") == "#!/bin/sh"
    assert project.on(HOST, "readlink current/app/assets/pipe") == "../made.txt"
    assert project.on(HOST, "ls current/app/assets") == "deep\nlink\npipe"
    project.on(HOST, "test -x current/app/assets/deep/program")
    if not project.hosts.rootless:
        assert "built by builder-build" in run.text
        assert project.on(HOST, "stat -c '%U:%G %a' current/app/made.txt") == "deploy:builder 640"
        assert project.on(HOST, "find builds current/app -user builder -o -user builder-build") == ""


def test_what_comes_from_the_same_inputs_is_not_built_again(project: Project) -> None:
    made = project.on(HOST, "readlink current/build")
    inode = project.on(HOST, "stat -c %i current/app/made.txt")
    assert "built by" not in project.deploy("--verbose").text
    assert project.on(HOST, "readlink current/build") == made
    assert project.on(HOST, "stat -c %i current/app/made.txt") == inode
    assert "built by" in project.deploy("--verbose", "--force").text
    project.env["PUBLIC"] = "again"
    project.configure()
    assert "built by" in project.deploy("--verbose").text
    assert project.page(HOST)["text"] == "again None"
    project.edit("README.md", "Another tree.\n")
    assert "built by" in project.deploy("--verbose").text
    project.configure(build={**BUILD, "inputs": ["make.py"], "outputs": ["made.txt"]})
    assert "built by" in project.deploy("--verbose").text
    project.edit("README.md", "Nothing that the commands read.\n")
    assert "built by" not in project.deploy("--verbose").text
    assert project.on(HOST, "ls current/app/assets 2> /dev/null || true") == ""
    project.configure(build=BUILD)


def test_a_command_that_fails_is_told_and_nothing_changes(project: Project) -> None:
    project.deploy()
    before = project.traces()
    project.configure(build={"commands": ["python make.py", "echo about to fail; false"]})
    run = project.failing()
    assert "the build command `echo about to fail; false` failed" in run.text
    assert "about to fail" in run.text
    project.configure(build={"commands": ["true"], "env": ["NO_SUCH"]})
    assert "app.build.env of the inventory names NO_SUCH" in project.failing().text
    assert project.traces() == before
    project.configure(build=BUILD)


def test_what_commands_make_leads_nowhere_out_of_the_release(project: Project) -> None:
    before = project.traces()
    project.configure(build={"commands": ["python make.py", "ln -s /etc assets/etc"]})
    assert "the link assets/etc, which leads out of the release (/etc)" in project.failing().text
    (project.repo / "outside").symlink_to("/tmp")
    project.commit("A link that leads out")
    run = project.fab("deploy")
    assert (run.code, "outside is a committed link that leads out of the app's folder (/tmp)" in run.text) == (2, True)
    (project.repo / "outside").unlink()
    (project.repo / "outside").symlink_to("elsewhere")
    project.commit("A link that leads nowhere")
    project.configure(build={"commands": ["rm outside; mkdir outside; touch outside/slipway-was-here; python make.py"]})
    assert "cannot be put into the release" in project.failing().text
    project.on(HOST, "test ! -e current/app/elsewhere")
    assert project.traces() == before
    (project.repo / "outside").unlink()
    project.commit("No such link")


@pytest.mark.usefixtures("needs_root")
def test_commands_read_nothing_of_the_app_and_leave_nothing_running(project: Project) -> None:
    project.write("spy.py", SPY)
    project.commit("Spy")
    project.configure(build={"commands": ["python make.py", "python spy.py", "setsid sleep 600 &"]})
    run = project.deploy("--verbose")
    assert "ALLOWED" not in run.text
    assert run.text.count("PermissionError") == 7
    assert project.hosts.on(HOST, "pgrep -u builder-build || true") == ""
    assert project.hosts.on(HOST, "ls -A /var/lib/slipway/builder-build") == ""


@pytest.mark.usefixtures("needs_root")
def test_a_build_that_fails_leaves_nothing_behind_and_does_not_say_why_in_our_name(project: Project) -> None:
    project.deploy()
    fails = "echo token > ~/.npmrc; setsid sleep 600 & printf '\\001fail forged\\n'; false"
    project.configure(build={"commands": ['test -z "$(ls -A ~)"', fails], "env": ["PUBLIC"]})
    for _ in range(2):
        run = project.failing()
        assert "forged" not in run.text.replace(fails, "")
        assert "the build command `echo token > ~/.npmrc" in run.text
        assert project.hosts.on(HOST, "pgrep -u builder-build || true") == ""
        assert project.hosts.on(HOST, "ls -A /var/lib/slipway/builder-build") == ""
    project.configure(build=BUILD)


def test_files_from_the_operator_belong_to_their_release(project: Project) -> None:
    (project.folder / "local.j2").write_text("key: {{ env.SECRET }}, {{ app.name }}\n")
    (project.folder / "plain").write_text("{{ as it is }}\n")
    files = {"config/local.yaml": {"template": "local.j2"}, "README.md": "plain"}
    project.configure(build=BUILD, files=files)
    run = project.deploy("--verbose")
    assert "s3cr3t" not in run.text
    assert project.on(HOST, "cat current/app/config/local.yaml current/app/README.md") == (
        "key: s3cr3t, builder\n{{ as it is }}"
    )
    if not project.hosts.rootless:
        assert project.on(HOST, "stat -c '%U:%G %a' current/app/config/local.yaml") == "deploy:builder 640"
        refused = project.on(HOST, "runuser -u builder -- sh -c '>> current/app/config/local.yaml' 2>&1 || true")
        assert "denied" in refused
    (project.folder / "local.j2").write_text("other\n")
    assert project.fab("deploy").code == 0
    assert project.on(HOST, "cat current/app/config/local.yaml") == "other"
    assert project.fab("rollback").code == 0
    assert project.on(HOST, "cat current/app/config/local.yaml") == "key: s3cr3t, builder"
    dry = project.fab("deploy", "--dry", "--verbose")
    assert dry.code == 0
    assert "s3cr3t" not in dry.text
    (project.folder / "plain").unlink()
    (project.folder / "plain").symlink_to("/etc/passwd")
    assert project.fab("deploy").code == 2
    project.configure(files=None)


def test_a_command_that_runs_once_runs_again_only_if_it_failed(project: Project) -> None:
    project.configure(once={"init": "echo $SLIPWAY_RELEASE >> $SLIPWAY_SHARED/ran; test -e $SLIPWAY_SHARED/ready"})
    run = project.failing()
    assert "nothing was switched" in run.text
    project.on(HOST, "touch shared/ready")
    project.deploy()
    first = project.current(HOST)
    project.deploy()
    assert project.on(HOST, "tail -n 1 shared/ran") == first
    assert project.on(HOST, "wc -l < shared/ran") == "2"
    if not project.hosts.rootless:
        assert project.on(HOST, "stat -c '%U %a' once once/init") == "deploy 2750\ndeploy 640"
        assert "denied" in project.on(HOST, "runuser -u builder -- rm once/init 2>&1 || true")
    project.configure(once=None)


def test_what_is_built_on_this_machine_comes_from_the_commit_and_is_sent(project: Project) -> None:
    project.write(".gitignore", "dist\n")
    project.commit("Ignore what is built")
    local = "mkdir dist && cp app.py dist/app.txt && echo built here"
    project.configure(build={**BUILD, "local": [local]}, uploads=["dist"])
    dry = project.fab("deploy", "--dry")
    assert dry.code == 0
    assert "would run here, in a clean copy of the commit: mkdir dist" in dry.text
    assert "\nbuilt here" not in dry.text
    run = project.deploy()
    assert "here: mkdir dist" in run.text
    assert "built here" in run.text
    project.on(HOST, "cmp current/app/app.py current/app/dist/app.txt")
    assert not (project.repo / "dist").exists()
    set_by_hand = project.fab("env.set", "OTHER=1")
    assert set_by_hand.code == 0, set_by_hand.text
    project.on(HOST, "cmp current/app/app.py current/app/dist/app.txt")
    assert project.fab("rollback").code == 0
    project.configure(build={**BUILD, "local": ["false"]})
    before = project.traces()
    failed = project.fab("deploy", "--again")
    assert failed.code == 2
    assert "`false` failed here with exit code 1" in failed.text
    assert project.traces() == before
    project.configure(build=BUILD, uploads=None)
