"""Hooks on real hosts: they run where and when they shall, and functional tests that fail take the deploy back."""

from __future__ import annotations

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    hooks = [
        {"at": "before-deploy", "command": "echo before $SLIPWAY_COMMIT >> hooks.log"},
        {"at": "after-boot", "command": "id -un > /tmp/hooked; pwd >> /tmp/hooked", "on": "every-host"},
        {"at": "after-switch", "command": "echo switched >> hooks.log; test ! -e broken"},
        {"at": "after-deploy", "command": "echo deployed $SLIPWAY_HOSTS $SLIPWAY_OUTCOME >> hooks.log"},
        {"at": "after-failure", "command": "echo failed $SLIPWAY_OUTCOME >> hooks.log"},
        {"at": "after-rollback", "command": "echo back >> hooks.log"},
    ]
    project = new_project("hooks", hooks=hooks)
    project.deploy()
    return project


def logged(project: Project) -> list[str]:
    """What the hooks have written since the last look."""
    log = project.folder / "hooks.log"
    lines = log.read_text().splitlines()
    log.unlink()
    return lines


def test_hooks_run_here_and_on_the_host_as_the_app(project: Project) -> None:
    commit = project.git("rev-parse", "HEAD")
    assert logged(project) == [f"before {commit}", "switched", "deployed lab1 ok"]
    user, folder = project.hosts.on("lab1", "cat /tmp/hooked").splitlines()
    assert user == ("hooks" if not project.hosts.rootless else user)
    assert folder.endswith(f"/releases/{project.current('lab1')}/app")


def test_a_test_that_fails_after_the_switch_takes_the_deploy_back(project: Project) -> None:
    before = project.current("lab1")
    (project.folder / "broken").touch()
    project.say("new")
    run = project.failing()
    assert "error: here: " in run.err
    assert "every host serves what it served before" in run.err
    assert project.current("lab1") == before
    assert logged(project)[1:] == ["switched", "failed failed"]
    (project.folder / "broken").unlink()
    project.deploy()
    logged(project)


def test_a_rollback_is_followed_by_its_hook(project: Project) -> None:
    assert project.fab("rollback").code == 0
    assert logged(project) == ["back"]
