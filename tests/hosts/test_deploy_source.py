"""Which code a deploy brings: a commit, another one, uncommitted work; and what it does not bring again."""

from __future__ import annotations

import json

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project

HOST = "lab1"


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("source", health="/healthz", keep=3)
    project.deploy()
    return project


def test_uncommitted_work_is_refused_before_any_host_is_asked(project: Project) -> None:
    before = project.traces()
    project.write("new.txt", "not committed")
    project.replace("app.py", 'TEXT = "first"', 'TEXT = "uncommitted"')
    run = project.fab("deploy")
    assert run.code == 2
    assert "uncommitted work" in run.err
    assert "app.py" in run.err
    assert "new.txt" in run.err
    assert "--dirty" in run.err
    assert "Connect" not in run.text
    assert project.traces() == before


def test_uncommitted_work_is_shipped_on_request_and_marked(project: Project) -> None:
    project.deploy("--dirty")
    assert project.page(HOST)["text"] == "uncommitted"
    assert project.current(HOST).endswith("-dirty")
    assert json.loads(project.on(HOST, "cat current/release.json"))["dirty"] is True
    assert project.on(HOST, "cat current/app/new.txt") == "not committed"
    assert "M app.py" in project.git("status", "--short"), "the user's own index and work tree are left alone"
    project.git("checkout", "-q", "app.py")
    (project.repo / "new.txt").unlink()


def test_a_branch_a_tag_and_a_commit_can_be_deployed_whatever_is_checked_out(project: Project) -> None:
    old = project.git("rev-parse", "HEAD")
    project.git("tag", "v1")
    project.git("switch", "-q", "-c", "feature")
    project.say("feature")
    project.git("switch", "-q", "main")
    project.write("half-done.txt", "uncommitted, and no obstacle")
    for ref, text in (("feature", "feature"), ("v1", "first"), ("feature~0", "feature"), (old[:10], "first")):
        project.deploy(f"--ref={ref}")
        assert project.page(HOST)["text"] == text
        facts = json.loads(project.on(HOST, "cat current/release.json"))
        assert facts["ref"] == ref
        assert facts["commit"] == project.git("rev-parse", ref)
    (project.repo / "half-done.txt").unlink()


def test_a_ref_that_is_not_there_is_one_line(project: Project) -> None:
    run = project.fab("deploy", "--ref=nothing-such")
    assert run.code == 2
    assert "nothing-such" in run.err
    assert "Connect" not in run.text


def test_a_deploy_of_what_is_served_already_does_nothing(project: Project) -> None:
    project.deploy()
    before = project.traces()
    run = project.fab("deploy")
    assert run.code == 0, run.text
    assert project.current(HOST) in run.text
    assert project.traces() == before


def test_the_same_commit_again_makes_a_new_release_of_what_is_there(project: Project) -> None:
    old = project.current(HOST)
    venvs = project.on(HOST, "ls -i venvs/*/.complete")
    objects = project.on(HOST, "find repo.git/objects -type f | sort")
    run = project.fab("deploy", "--again")
    assert run.code == 0, run.text
    assert project.on(HOST, "ls -i venvs/*/.complete") == venvs
    assert project.on(HOST, "find repo.git/objects -type f | sort") == objects
    assert project.page(HOST)["release"] == project.current(HOST) != old


def test_only_missing_objects_travel(project: Project) -> None:
    project.edit("big.bin", "".join(str(number) for number in range(200_000)))
    project.deploy()
    before = int(project.on(HOST, "find repo.git/objects -type f | wc -l"))
    project.say("one line")
    project.deploy()
    packs = int(project.on(HOST, "find repo.git/objects -type f | wc -l")) - before
    assert packs <= 3, "a new file and a new tree, no more"


def test_a_venv_is_shared_until_the_requirements_change(project: Project) -> None:
    first = project.page(HOST)["python"]
    project.say("no new requirement")
    project.deploy()
    assert project.page(HOST)["python"] == first
    project.edit("requirements.txt", "-r more.txt\n")
    project.edit("more.txt", "six\n")
    project.deploy()
    second = project.page(HOST)["python"]
    assert second != first
    project.on(HOST, "current/venv/bin/python -c 'import six'")
    project.edit("more.txt", "six\nidna\n")  # only the included file changes
    project.deploy()
    assert project.page(HOST)["python"] not in (first, second)
    project.on(HOST, "current/venv/bin/python -c 'import six, idna'")


def test_old_releases_go_with_all_that_only_they_used(project: Project) -> None:
    good = project.edit("more.txt", "six\n")
    project.replace("app.py", "STARTED = ", "assert False\nSTARTED = ")
    project.commit("Leave the log of a release that fails")
    project.failing()
    project.back_to(good)
    for text in ("a", "b", "c", "d"):
        project.say(text)
        project.deploy()
    releases = project.on(HOST, "ls releases").split()
    assert len(releases) == 3
    assert project.current(HOST) == releases[-1]
    assert project.on(HOST, "basename $(readlink standby)") == releases[-2]
    assert project.on(HOST, "ls env").split() == [f"{id}.env" for id in releases]
    assert project.on(HOST, "git --git-dir=repo.git for-each-ref --format='%(refname:lstrip=2)'").split() == releases
    used = project.on(HOST, "for link in releases/*/venv; do basename $(readlink $link); done | sort -u")
    assert project.on(HOST, "ls venvs") == used
    # Logs live by their own age and size.
    logs = project.on(HOST, "cd log && ls web.*.log").split()
    assert {name.split(".")[1] for name in logs} > set(releases)


def test_the_previous_release_stays_however_old_it_is(project: Project) -> None:
    project.configure(keep=2)
    older = project.current(HOST)
    project.say("left again")
    project.deploy()
    assert project.fab("rollback").code == 0
    assert project.current(HOST) == older
    project.say("next")
    project.deploy()
    assert project.page(HOST)["text"] == "next"
    assert project.on(HOST, "basename $(readlink standby)") == older
    assert older in project.on(HOST, "ls releases").split()
    assert project.fab("rollback").code == 0
    assert project.page(HOST)["release"] == older


def test_dry_prints_every_script_and_contacts_nobody(project: Project) -> None:
    project.tables["hosts"] = {"nowhere": {"address": "127.0.0.1", "port": 1}}
    project.env["PASSWORD"] = "never to be seen"
    project.configure()
    run = project.fab("deploy", "--dry", "--hosts=nowhere")
    assert run.code == 0, run.text
    for part in ("Prepare the release", "mv -fT", "uv pip install", "releases/", "nowhere"):
        assert part in run.out
    assert "never to be seen" not in run.text


def test_a_host_that_cannot_be_reached_stops_the_deploy_before_anything_is_prepared(project: Project) -> None:
    project.tables["hosts"] = {"nowhere": {"address": "127.0.0.1", "port": 1}}
    project.configure()
    project.say("not everywhere")
    before = project.traces()
    run = project.failing("--hosts=lab,nowhere")
    assert "nowhere" in run.err
    assert "127.0.0.1:1" in run.err
    assert "refused" in run.err.lower()
    assert project.traces() == before
