"""Dependencies are built and installed without their code running as the account that deploys."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project

HOST = "lab1"
SPY = """
import getpass, os, pathlib
from setuptools import setup
said = [getpass.getuser()]
for path in ("ENV", "/home/deploy/secret", "/srv/snoop/env", "/srv/snoop/current/app/app.py"):
    try:
        said.append(os.listdir(path) if os.path.isdir(path) else pathlib.Path(path).read_text())
    except OSError as error:
        said.append(type(error).__name__)
pathlib.Path("spied.py").write_text(f"SAID = {said!r}")
setup(name="spied", version="VERSION", py_modules=["spied"])
"""
SERVE = """

def said(environ, start):
    import spied
    start("200 OK", [])
    return [repr(spied.SAID).encode()]


inner = app


def app(environ, start):
    return (said if environ["PATH_INFO"] == "/said" else inner)(environ, start)
"""


def sdist(files: Mapping[str, str], name: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


def wheel(files: Mapping[str, str], name: str, version: str = "1") -> bytes:
    """A wheel of some files that `pip` would install into site-packages."""
    info = f"{name}-{version}.dist-info"
    tag = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    whole = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": tag,
    }
    lines = [f"{path},sha256={digest(text)},{len(text)}" for path, text in whole.items()]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in {**whole, f"{info}/RECORD": "\n".join([*lines, f"{info}/RECORD,,"])}.items():
            archive.writestr(path, text)
    return packed.getvalue()


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    """An app whose dependencies lie on a web server of the host itself."""
    project = new_project("snoop", on=(HOST,), env={"SECRET": "of the snoop"})
    project.hosts.on(HOST, "mkdir -p /opt/index && echo top-secret > /home/deploy/secret")
    project.hosts.on(HOST, "chown deploy: /home/deploy/secret; chmod 600 /home/deploy/secret")
    start = "cd /opt/index && setsid -f python3 -m http.server 8099 --bind 127.0.0.1 > /dev/null 2>&1 < /dev/null"
    project.hosts.on(HOST, start)
    project.say("first")
    project.deploy()
    return project


def publish(project: Project, name: str, data: bytes) -> str:
    project.hosts.on(HOST, f"cat > /opt/index/{name}", data)
    return f"http://127.0.0.1:8099/{name}"


@pytest.mark.usefixtures("needs_root")
def test_what_has_to_be_built_is_built_by_an_account_that_reads_no_secrets(project: Project) -> None:
    env = f"/srv/snoop/env/{project.current(HOST)}.env"
    url = publish(
        project, "spied-1.tar.gz", sdist({"setup.py": SPY.replace("ENV", env).replace("VERSION", "1")}, "spied-1")
    )
    text = (project.repo / "app.py").read_text()
    project.write("app.py", text + SERVE)
    project.edit("requirements.txt", f"idna\nspied @ {url}\n")
    project.deploy()
    said = project.get(HOST, "/said").text
    assert said == repr(["snoop-build", *["PermissionError"] * 4])
    assert project.on(HOST, "find venvs -user snoop-build -o -user snoop | head") == ""
    assert project.hosts.on(HOST, "pgrep -u snoop-build || true") == ""


@pytest.mark.usefixtures("needs_root")
def test_installing_a_wheel_runs_nothing_of_it_as_the_account_that_deploys(project: Project) -> None:
    line = "import os; os.system('id -un >> /tmp/who-ran-it')\n"
    url = publish(project, "quiet-1-py3-none-any.whl", wheel({"quiet.pth": line, "quiet.py": ""}, "quiet"))
    before = (project.repo / "requirements.txt").read_text()
    project.edit("requirements.txt", f"{before}\nquiet @ {url}\n")
    project.hosts.on(HOST, "rm -f /tmp/who-ran-it; install -m 666 /dev/null /tmp/who-ran-it")
    project.deploy()
    assert set(project.hosts.on(HOST, "cat /tmp/who-ran-it").split()) <= {"snoop", "snoop-build"}


@pytest.mark.usefixtures("needs_root")
@pytest.mark.parametrize(("file", "table"), [("uv.toml", "pip"), ("pyproject.toml", "tool.uv.pip")])
def test_settings_of_uv_in_the_commit_run_nothing_as_the_account_that_deploys(
    project: Project, file: str, table: str
) -> None:
    good = project.git("rev-parse", "HEAD")
    project.write("evil", '#!/bin/sh\nid -un >> /tmp/who-ran-it\nexec "$VIRTUAL_ENV/bin/python" "$@"\n')
    (project.repo / "evil").chmod(0o755)
    project.write(file, f'[{table}]\npython = "./evil"\n')
    project.edit("requirements.txt", f"idna\n# {file}\n")
    project.hosts.on(HOST, "rm -f /tmp/who-ran-it; install -m 666 /dev/null /tmp/who-ran-it")
    project.deploy()
    assert project.hosts.on(HOST, "cat /tmp/who-ran-it").strip() in ("", "snoop-build")
    project.back_to(good)


@pytest.mark.usefixtures("needs_root")
def test_a_host_without_the_account_for_building_is_told_to_be_provisioned(project: Project) -> None:
    good = project.git("rev-parse", "HEAD")
    url = publish(project, "spied-2.tar.gz", sdist({"setup.py": SPY.replace("VERSION", "2")}, "spied-2"))
    project.edit("requirements.txt", f"spied @ {url}\n")
    project.hosts.on(HOST, "userdel snoop-build")
    run = project.failing()
    assert "fab provision" in run.text
    project.provision()
    project.deploy()
    project.back_to(good)


def test_a_forced_deploy_replaces_a_damaged_venv_for_good(project: Project) -> None:
    project.deploy()
    damaged = project.on(HOST, "readlink -f current/venv")
    project.on(HOST, "echo 'raise RuntimeError(1)' > current/venv/lib/python3*/site-packages/gunicorn/__init__.py")
    project.failing()
    assert project.on(HOST, "ls -a current/venv").split().count(".damaged") == 1
    project.deploy("--force")
    anew = project.on(HOST, "readlink -f current/venv")
    assert anew != damaged
    project.edit("README.md", "Nothing.\n")
    project.deploy()
    assert project.on(HOST, "readlink -f current/venv") == anew


@pytest.mark.usefixtures("needs_root")
def test_a_venv_that_lost_a_file_nobody_needs_at_boot_is_not_reused(project: Project) -> None:
    project.deploy()
    damaged = project.on(HOST, "readlink -f current/venv")
    project.on(HOST, "rm current/venv/lib/python3*/site-packages/gunicorn/debug.py")
    project.edit("README.md", "Something.\n")
    assert "gunicorn/debug.py is missing" in project.failing().text
    project.deploy()
    assert project.on(HOST, "readlink -f current/venv") != damaged
    project.on(HOST, "test -e current/venv/lib/python3*/site-packages/gunicorn/debug.py")
