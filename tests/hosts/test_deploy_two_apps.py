"""Two apps on one host: whatever happens to one, the other does not notice, and neither sees the other's data."""

from __future__ import annotations

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.load import Visitors
from tests.hosts.project import Project

HOST = "lab1"
CONNECT = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
EARLIER = "setfacl -b . && chmod 2751 . && chmod 0644 /opt/slipway/lock"


@pytest.fixture(scope="module")
def north(new_project: NewProject) -> Project:
    project = new_project("north", gunicorn={"threads": 6}, env={"SECRET": "of the north"})
    project.deploy()
    return project


@pytest.fixture(scope="module")
def south(new_project: NewProject, north: Project) -> Project:
    project = new_project("south", linked_dirs=["data"], env={"SECRET": "of the south"})
    project.say("south")
    project.deploy()
    return project


def test_each_name_leads_to_its_own_app(north: Project, south: Project) -> None:
    assert north.page(HOST)["text"] == "first"
    assert south.page(HOST)["text"] == "south"
    assert north.page(HOST)["uid"] != south.page(HOST)["uid"] or north.hosts.rootless


def test_deploying_and_breaking_one_loses_no_request_of_the_other(north: Project, south: Project) -> None:
    before = north.traces()
    with Visitors(north) as visitors:
        south.say("again")
        south.deploy()
        good = south.git("rev-parse", "HEAD")
        south.replace("app.py", "STARTED = ", "assert False\nSTARTED = ")
        south.commit("Break it")
        south.failing()
        south.back_to(good)
        south.edit("requirements.txt", "idna==99999\n")
        south.failing()
        south.back_to(good)
        south.deploy()
    visitors.check(least=60)
    assert visitors.releases(HOST) == [north.current(HOST)]
    assert north.traces() == before


@pytest.mark.usefixtures("needs_root")
def test_the_user_of_one_reads_nothing_of_the_other(north: Project, south: Project) -> None:
    find = f"find {south.base} -mindepth 1 ! -type l -readable -printf '%P\\n' 2> /dev/null"
    readable = north.on(HOST, f"runuser -u north -- {find} || true").splitlines()
    assert readable == []
    for path in ("current/app/app.py", "current/conf/run", f"env/{south.current(HOST)}.env", "shared/data/x"):
        south.on(HOST, "mkdir -p shared/data && touch shared/data/x && chmod 0640 shared/data/x")
        for user in ("north", "nobody"):
            assert north.hosts.run(HOST, f"runuser -u {user} -- cat {south.base}/{path}").returncode
    pid = south.page(HOST)["pid"]
    assert north.hosts.run(HOST, f"runuser -u north -- cat /proc/{pid}/environ").returncode
    assert north.hosts.run(HOST, f"runuser -u north -- kill -0 {pid}").returncode


def get_into(project: Project, user: str) -> list[str]:
    """What an account can do with the sockets and public files of an app; it knows the names of all of them."""
    project.on(
        HOST, "mkdir -p shared/media && chmod o+rx shared/media && touch shared/media/x log/x && chmod o+r log/x"
    )
    release = project.current(HOST)
    sockets = ["current/run/web.sock", f"releases/{release}/run/web.1.sock", "run/supervisor.sock"]
    commands = [f'python3 -c "{CONNECT}" {project.base}/{name}' for name in sockets]
    commands += [f"ls {project.base}/{name}" for name in ("shared/media/x", "log/x", "current/public", "current/app")]
    return [each for each in commands if not project.hosts.run(HOST, f"runuser -u {user} -- {each}").returncode]


@pytest.mark.usefixtures("needs_root")
def test_only_nginx_gets_to_the_sockets_and_public_files_of_an_app(north: Project, south: Project) -> None:
    for user in ("north", "north-build", "nobody"):
        assert get_into(south, user) == [], user
    assert len(get_into(south, "www-data")) == 3  # both names of the web server's socket, and uploads
    assert north.hosts.run(HOST, "runuser -u nobody -- flock -n /opt/slipway/lock true").returncode


@pytest.mark.usefixtures("needs_root")
def test_a_folder_that_an_earlier_version_left_open_is_closed_while_the_app_serves(
    north: Project, south: Project
) -> None:
    south.on(HOST, EARLIER)
    south.say("on an open folder")
    south.deploy()
    with Visitors(south) as visitors:
        run = south.provision()
        south.deploy()
    visitors.check(least=10)
    assert "changed=1 " in run.text
    assert get_into(south, "north") == []
    assert "changed" not in south.provision().text.replace("changed=0", "")


@pytest.mark.usefixtures("needs_root")
def test_stopping_one_apps_supervisord_does_not_stop_the_other(north: Project, south: Project) -> None:
    south.on(HOST, "systemctl stop slipway-south")
    assert north.page(HOST)["text"] == "first"
    assert south.get(HOST).status == 502
    north.say("while the other is down")
    north.deploy()
    assert north.page(HOST)["text"] == "while the other is down"
    south.on(HOST, "systemctl start slipway-south")
