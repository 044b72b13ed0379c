"""Every way in which apps list their dependencies: a page, a second deploy with other code, a rollback."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import ROOT, Project

HOST = "lab1"
EXAMPLES = ROOT / "examples" / "dependencies"


@pytest.fixture(scope="module")
def workspace(new_project: NewProject) -> Project:
    """A package in src/ with a workspace, deployed."""
    project = new_project("workspace", EXAMPLES / "uv-workspace", wsgi="shop.web:app", health="/")
    lock(project, '"$uv" lock -q && cat uv.lock', "uv.lock")
    project.deploy()
    return project


def lock(project: Project, command: str, file: str) -> None:
    """Make a lock file by the host's own uv, and commit it: which index it names is a matter of the host."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(project.repo, ".", filter=lambda entry: None if ".git" in entry.name.split("/") else entry)
    done = project.hosts.run(HOST, UV + command, packed.getvalue())
    assert done.returncode == 0, done.stderr.decode()
    project.edit(file, done.stdout.decode())


UV = """
set -e
export UV_CACHE_DIR=$(mktemp -d) UV_SYSTEM_CERTS=1
uv=$(ls /opt/slipway/tools/bin/uv ~/slipway/.slipway/tools/bin/uv 2> /dev/null | head -n 1)
cd "$(mktemp -d)"
tar -xf -
"""


def test_a_package_and_those_of_its_workspace_are_installed_and_lead_into_no_release(workspace: Project) -> None:
    page = workspace.page(HOST)
    assert (page["version"], page["greeting"], page["plugins"]) == ("1.2", "Hello", ["till"])
    assert page["file"].startswith(page["prefix"])
    lines = "grep -rlF -e /releases/ venvs/*/lib/python*/site-packages venvs/*/bin || true"
    assert workspace.on(HOST, lines) == ""
    assert workspace.on(HOST, "find venvs -not -user deploy") == ""


def test_new_code_of_a_package_builds_only_that_and_shares_no_venv(workspace: Project) -> None:
    first, old = workspace.page(HOST), workspace.current(HOST)
    before = workspace.on(HOST, "stat -c %i current/venv/lib/python3*/site-packages/idna/core.py")
    workspace.replace("src/shop/web.py", '"first"', '"second"')
    workspace.replace("packages/greeting/src/greeting/__init__.py", "Hello", "Good morning")
    workspace.commit("Say something else")
    workspace.deploy()
    page = workspace.page(HOST)
    assert (page["text"], page["greeting"]) == ("second", "Good morning")
    assert page["prefix"] == workspace.on(HOST, "readlink -f current/venv")
    assert workspace.on(HOST, "readlink -f releases/*/venv | sort -u | wc -l") == "2"
    assert workspace.on(HOST, "stat -c %i current/venv/lib/python3*/site-packages/idna/core.py") == before
    assert f"1.2 {page['prefix']}" in workspace.fab("run", "--command=shop-version").out
    assert workspace.fab("rollback").code == 0
    assert workspace.current(HOST) == old
    assert workspace.page(HOST) == first


def test_a_package_that_cannot_be_built_stops_the_deploy_and_says_which(workspace: Project) -> None:
    good = workspace.git("rev-parse", "HEAD")
    workspace.replace("packages/greeting/pyproject.toml", 'name = "greeting"', 'name = "greeting"\ndynamic = ["x"]')
    workspace.commit("Break the manifest")
    run = workspace.failing()
    assert "the package in packages/greeting/ cannot be built" in run.err
    workspace.back_to(good)


def kept(project: Project, **expected: Any) -> None:
    """Deploy; ask the page; deploy other code; go back."""
    project.deploy()
    page = project.page(HOST)
    assert {**page, **expected} == page
    venv = project.on(HOST, "readlink -f current/venv")
    path = next(path for path in project.repo.rglob("*.py") if 'TEXT = "first"' in path.read_text())
    name = str(path.relative_to(project.repo))
    project.replace(name, 'TEXT = "first"', 'TEXT = "second"')
    project.commit("Say second")
    project.deploy()
    assert project.page(HOST)["text"] == "second"
    assert project.fab("rollback").code == 0
    assert project.page(HOST) == page
    assert project.on(HOST, "readlink -f current/venv") == venv


def test_a_folder_that_requirements_name_is_installed(new_project: NewProject) -> None:
    project = new_project("folders", EXAMPLES / "local-packages", health="/")
    kept(project, version="0.3", more=["certifi", "sniffio"])
    assert "/site-packages/" in project.page(HOST)["file"]


def test_dependencies_that_only_setup_py_knows_are_installed(new_project: NewProject) -> None:
    kept(new_project("shelf", EXAMPLES / "setup-py", wsgi="shelf.web:app", health="/"), version="2.0")


@pytest.mark.parametrize("tool", ["poetry", "pdm", "pipenv", "pylock"])
def test_what_a_lock_file_lists_is_installed_and_nothing_else(new_project: NewProject, tool: str) -> None:
    extras = ["more"] if tool in ("poetry", "pdm") else []
    project = new_project(tool, EXAMPLES / tool, health="/", extras=extras)
    if tool == "pylock":
        lock(project, '"$uv" export -q --format pylock.toml', "pylock.toml")
    kept(project, greeting="Hello")
    names = {"greeting", "gunicorn", "idna", "sniffio"}
    assert set(project.page(HOST)["names"]) == {*names, *(["certifi"] if extras else [])}


def test_what_only_poetrys_own_table_says_is_installed(new_project: NewProject) -> None:
    project = new_project("poems", EXAMPLES / "poetry", health="/", extras=["more"])
    (project.repo / "poetry.lock").unlink()
    project.commit("Forget the lock file")
    project.deploy()
    assert {"certifi", "greeting", "idna"} <= set(project.page(HOST)["names"])


def test_a_python_that_cannot_be_had_stops_the_deploy_before_anything_is_built(workspace: Project) -> None:
    good, before = workspace.git("rev-parse", "HEAD"), workspace.traces()
    workspace.edit(".python-version", "3.99\n")
    run = workspace.failing()
    assert "the app needs Python 3.99 (.python-version), and the host has none: uv could not bring one" in run.err
    assert workspace.traces() == before
    version = workspace.on(HOST, "readlink -f /usr/bin/python3").removeprefix("/usr/bin/python")
    workspace.configure(python=version)
    workspace.deploy()
    assert workspace.page(HOST)["version"] == "1.2"
    workspace.configure(python=None)
    workspace.back_to(good)
