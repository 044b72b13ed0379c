"""Dependencies come from an index that wants a name and a password, which stay nowhere."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project
from tests.hosts.test_builds import SPY, sdist, wheel

HOST = "lab1"
PORT = 8097
PASSWORD = "in/dex:Pa55-w0rd"
ENCODED = "in%2Fdex%3APa55-w0rd"
INDEX = f"http://${{INDEX_USER}}:${{INDEX_PASSWORD}}@127.0.0.1:{PORT}/simple"
# Looks at every command line for as long as a file is there.
WATCH = """
touch /run/watching
watch='while [[ -e /run/watching ]]; do cat /proc/[0-9]*/cmdline; sleep 0.05; done'
setsid -f timeout 60 bash -c "$watch" > /root/seen 2> /dev/null < /dev/null
"""
SETUP = SPY + "\nimport time; time.sleep(0.5)\n"


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Iterator[Project]:
    project = new_project("indexed", on=(HOST,), build={"extra_indexes": [INDEX]})
    on = project.hosts.on
    on(HOST, "mkdir -p /opt/private")
    server = (Path(__file__).parent / "index_server.py").read_bytes()
    on(HOST, "cat > /opt/index_server.py", server)
    on(HOST, "cat > /opt/private/quiet-1-py3-none-any.whl", wheel({"quiet.py": "TEXT = 1"}, "quiet"))
    source = sdist({"setup.py": SETUP.replace("VERSION", "1").replace("ENV", "/root")}, "spied-1")
    on(HOST, "cat > /opt/private/spied-1.tar.gz", source)
    serve = f"exec python3 /opt/index_server.py /opt/private {PORT}"
    on(HOST, f"INDEX_LOGIN='ann:{PASSWORD}' setsid -f sh -c '{serve}' > /dev/null 2>&1 < /dev/null")
    yield project
    on(HOST, "kill $(cat /opt/private.pid); rm -rf /opt/private* /opt/index_server.py /root/seen")


def traces(project: Project, *words: str) -> list[str]:
    """Files of the host that hold one of some words."""
    options = " ".join(f"-e '{word}'" for word in words)
    places = "/srv /home /var/log /var/lib/slipway /var/tmp /tmp /etc /opt/slipway /run/systemd /root"
    found = project.hosts.run(HOST, f"grep -rlaF --devices=skip {options} {places} 2> /dev/null")
    return found.stdout.decode().splitlines()


@pytest.mark.usefixtures("needs_root")
def test_credentials_of_an_index_reach_the_build_and_stay_nowhere(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.edit("requirements.txt", "quiet==1\nspied==1\n")
    without = project.fab("deploy")
    assert without.code == 2, without.text
    assert "INDEX_USER is not set here" in without.text
    monkeypatch.setenv("INDEX_USER", "ann")
    monkeypatch.setenv("INDEX_PASSWORD", PASSWORD)
    dry = project.fab("deploy", "--dry", "--verbose")
    assert dry.code == 0, dry.text
    project.hosts.on(HOST, WATCH)
    try:
        run = project.deploy("--verbose")
    finally:
        project.hosts.on(HOST, "rm -f /run/watching; sleep 0.5")
    history = project.fab("history", "--json")
    assert project.on(HOST, "ls current/venv/lib/python3*/site-packages").count("spied.py") == 1
    token = base64.b64encode(f"ann:{PASSWORD}".encode()).decode()
    for secret in (PASSWORD, ENCODED, token):
        for text in (dry.text, run.text, history.text):
            assert secret not in text
    assert int(project.hosts.on(HOST, "grep -acF bin/uv /root/seen || true")) > 0, "no build was seen"
    assert traces(project, PASSWORD, ENCODED, token) == []


@pytest.mark.usefixtures("needs_root")
def test_what_a_failing_installation_prints_of_the_address_is_masked(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = project.git("rev-parse", "HEAD")
    monkeypatch.setenv("INDEX_USER", "ann")
    monkeypatch.setenv("INDEX_PASSWORD", "wr0ng/Pa55-w0rd")
    project.edit("requirements.txt", "quiet==1\nabsent-of-index==1\n")
    run = project.fab("deploy", "--verbose")
    assert run.code == 1, run.text
    assert "wr0ng" not in run.text
    assert traces(project, "wr0ng") == []
    project.back_to(good)


@pytest.mark.usefixtures("needs_root")
def test_a_change_of_settings_needs_no_credentials_where_nothing_is_installed(project: Project) -> None:
    assert project.fab("env.set", "X=1").code == 0
