"""Dependencies come from an index: its credentials stay nowhere, and one host may ask and build for all."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project
from tests.hosts.test_builds import SPY, sdist, wheel

HOST = "lab1"
PORT, OPEN_PORT = 8097, 8096
ALL = ("lab1", "lab2", "lab3")
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
    assert "first deploy of indexed: kind wsgi, as app.py" in run.out
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


@pytest.fixture(scope="module")
def shared(new_project: NewProject) -> Iterator[Project]:
    """An app on all hosts, whose index lies on the first one and wants no password."""
    project = new_project("onebuilds", on=ALL)
    on = project.hosts.on
    on("lab1", "mkdir -p /opt/open")
    on("lab1", "cat > /opt/index_server2.py", (Path(__file__).parent / "index_server.py").read_bytes())
    for version in ("1", "2"):
        source = sdist({"setup.py": SETUP.replace("VERSION", version).replace("ENV", "/root")}, f"spied-{version}")
        on("lab1", f"cat > /opt/open/spied-{version}.tar.gz", source)
        quiet = wheel({"quiet.py": "TEXT = 1", "quiet_data/a.txt": "text"}, "quiet", version)
        on("lab1", f"cat > /opt/open/quiet-{version}-py3-none-any.whl", quiet)
    serve = f"exec python3 /opt/index_server2.py /opt/open {OPEN_PORT}"
    on("lab1", f"setsid -f sh -c '{serve}' > /dev/null 2>&1 < /dev/null")
    address = on("lab1", "hostname -I").split()[0]
    project.configure(build={"extra_indexes": [f"http://{address}:{OPEN_PORT}/simple"], "on_one_host": True})
    yield project
    on("lab1", "kill $(cat /opt/open.pid); rm -rf /opt/open* /opt/index_server2.py")


def asked(project: Project) -> list[str]:
    """What the index was asked for since this was last called."""
    said = project.hosts.on("lab1", "touch /opt/open.log; cat /opt/open.log; : > /opt/open.log")
    return [line.split()[1] for line in said.replace('"', "").splitlines()]


FILES = "find lib bin -type f ! -name '*.pyc' ! -name 'activate*' | sort | xargs sha256sum | sha256sum"


@pytest.mark.usefixtures("needs_root")
def test_dependencies_are_got_and_built_on_one_host_for_all(shared: Project) -> None:
    shared.edit("requirements.txt", "quiet==1\nspied==1\n")
    asked(shared)
    shared.deploy("--hosts=lab1")
    for_one = asked(shared)
    shared.edit("requirements.txt", "quiet==2\nspied==2\n")
    assert "Build the venv for all" in shared.fab("deploy", "--dry").out
    run = shared.deploy("--verbose")
    for_all = asked(shared)
    print(f"{len(for_one)} requests for one host, {len(for_all)} for {len(ALL)}")
    assert for_all.count("/files/spied-2.tar.gz") <= for_one.count("/files/spied-1.tar.gz")
    assert len(for_all) < 1.5 * len(for_one)  # uv may ask twice
    assert len(set(shared.on_all(f"cd current/venv && {FILES}").values())) == 1
    assert [page["release"] for page in shared.pages()] == [shared.current("lab1")] * len(ALL), run.text
    for host in ALL:
        assert "user = 'deploy'" not in shared.on(host, "cat current/venv/lib/python3*/site-packages/spied.py")
        assert shared.on(host, "ls -d venvs/*.sent venvs/*.received 2> /dev/null || true") == ""
    assert set(shared.on_all("stat -c %U:%a current/venv/bin/gunicorn").values()) == {"deploy:755"}


@pytest.mark.usefixtures("needs_root")
def test_where_all_have_the_venv_nothing_is_sent(shared: Project) -> None:
    shared.say("again")
    run = shared.deploy()
    assert asked(shared) == []
    assert "Build the venv for all" not in run.text
    assert shared.fab("env.set", "A=1").code == 0


@pytest.mark.usefixtures("needs_root")
def test_a_host_that_lost_its_venv_builds_it_for_itself_alone(shared: Project) -> None:
    shared.on("lab2", "rm -rf venvs/*")
    shared.say("alone")
    shared.deploy()
    assert asked(shared)
    shared.on_all("test -e current/venv/.complete")


@pytest.mark.usefixtures("needs_root")
def test_a_build_that_fails_on_its_host_leaves_all_hosts_as_they_were(shared: Project) -> None:
    before = shared.traces()
    good = shared.git("rev-parse", "HEAD")
    shared.edit("requirements.txt", "quiet==2\nspied==3\n")
    run = shared.failing()
    assert "lab1" in run.err
    assert shared.traces() == before
    shared.back_to(good)
