"""A host without root: one account, and everything beneath its own folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.hosts import Hosts
from tests.hosts.project import Project

HOST = "lab2"
ASK = """
import http.client, sys
connection = http.client.HTTPConnection(sys.argv[1], 8080, timeout=10)
connection.request("GET", "/", headers={"Host": sys.argv[2]})
print(connection.getresponse().status)
"""


@pytest.fixture(scope="module")
def project(hosts: Hosts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """An app of an account on a host whose administrator installed what is needed, and nothing else."""
    if hosts.rootless:
        pytest.skip("all hosts are without root: the other tests show how it works there")
    hosts.on(HOST, "DEBIAN_FRONTEND=noninteractive apt-get update -q && apt-get install -q -y git python3-venv nginx")
    hosts.on(HOST, "systemctl disable --now nginx; useradd -m -s /bin/bash joe")
    hosts.on(HOST, "install -d -m 0700 -o joe ~joe/.ssh && install -m 0600 -o joe ~/.ssh/authorized_keys ~joe/.ssh/")
    project = Project(hosts, tmp_path_factory.mktemp("gamma"), "gamma", on=(HOST,))
    lab = hosts[HOST]
    project.tables = {
        "default": "lonely",
        "ssh": {"known_hosts": lab.known_hosts, "identity": lab.identity},
        "hosts": {"lonely": {"address": lab.address, "port": lab.port, "user": "joe", "rootless": True}},
        "groups": {},
    }
    project.configure()
    project.provision()
    yield project
    hosts.run(HOST, "kill $(pgrep -u joe); sleep 1; userdel -r -f joe; systemctl enable --now nginx")


def base(project: Project) -> str:
    return f"/home/joe/slipway/{project.name}"


def asked(project: Project) -> str:
    """What the account's own nginx answers, as seen on the host itself."""
    address = project.hosts[HOST].address
    return project.hosts.on(HOST, f"python3 - {address} gamma.test", ASK.encode())


def test_a_deploy_needs_no_root_at_all(project: Project) -> None:
    project.deploy()
    assert asked(project) == "200"
    assert (
        project.hosts.on(HOST, "find / -xdev -user joe ! -path '/home/joe*' ! -path '/proc/*' ! -path '/tmp/*'") == ""
    )
    assert project.hosts.on(HOST, "find /home/joe/slipway ! -user joe") == ""


def test_nobody_else_on_the_host_can_look_inside(project: Project) -> None:
    assert project.hosts.run(HOST, f"runuser -u nobody -- ls {base(project)}").returncode != 0
    assert project.hosts.on(HOST, f"stat -c %a {base(project)}") == "700"


def test_a_second_provision_changes_nothing_and_the_daemons_hold_no_lock(project: Project) -> None:
    assert "changed=0" in project.provision().text
    project.say("again")
    project.deploy()
    assert asked(project) == "200"


def test_the_user_is_told_that_nothing_starts_at_boot_where_there_is_no_cron(project: Project) -> None:
    assert (
        "after a reboot, or where supervisord or nginx died, run /home/joe/slipway/.slipway/start"
        in project.provision().text
    )


def test_one_script_brings_everything_back_after_a_reboot(project: Project) -> None:
    project.hosts.restart(HOST)
    project.hosts.on(HOST, "! pgrep -u joe -f supervisord && runuser -u joe -- /home/joe/slipway/.slipway/start")
    project.hosts.on(
        HOST, f"for try in {{1..100}}; do [[ -S {base(project)}/current/run/web.sock ]] && break; sleep 0.1; done"
    )
    assert "changed=0" in project.provision().text
    assert asked(project) == "200"


def test_what_a_killed_supervisord_left_behind_goes_before_its_programs_start_again(project: Project) -> None:
    before = set(project.hosts.on(HOST, "pgrep -u joe -f gunicorn").split())
    project.hosts.on(HOST, f"kill -KILL $(cat {base(project)}/run/supervisord.pid)")
    assert "changed=1" in project.provision().text
    assert not before & set(project.hosts.on(HOST, "pgrep -u joe -f gunicorn || true").split())


def test_what_cron_runs_each_minute_brings_a_dead_supervisord_back_unless_an_operation_works_on_it(
    project: Project,
) -> None:
    start = "runuser -u joe -- /home/joe/slipway/.slipway/start again"
    running = f"kill -0 $(cat {base(project)}/run/supervisord.pid)"
    project.hosts.on(HOST, f"kill -KILL $(cat {base(project)}/run/supervisord.pid)")
    project.hosts.on(HOST, f"runuser -u joe -- flock {base(project)}/lock {start.partition('-- ')[2]}; ! {running}")
    project.hosts.on(HOST, f"{start} & {start}; wait; sleep 1; {running}; [[ $(pgrep -cu joe supervisord) == 1 ]]")
    project.hosts.on(
        HOST, f"for try in {{1..100}}; do [[ -S {base(project)}/current/run/web.sock ]] && break; sleep 0.1; done"
    )
    assert asked(project) == "200"
    assert "changed=0" in project.provision().text


def test_without_nginx_deploys_still_work_and_the_user_is_told(project: Project, tmp_path: Path) -> None:
    project.hosts.on(HOST, "mv /usr/sbin/nginx /usr/sbin/nginx.away")
    try:
        assert "nginx is not installed: deploys work, but nothing listens on port 8080" in project.provision().text
    finally:
        project.hosts.on(HOST, "mv /usr/sbin/nginx.away /usr/sbin/nginx")


def test_an_app_without_root_can_be_taken_off_the_host_with_a_backup(project: Project) -> None:
    project.hosts.on(HOST, f"runuser -u joe -- bash -c 'echo precious > {base(project)}/shared/data'")
    run = project.fab("destroy", "--yes")
    assert run.code == 0, run.text
    archive = next(word for word in run.text.split() if word.endswith(".tar.gz"))
    assert project.hosts.on(HOST, f"stat -c '%a %U' {archive}; tar -xzOf {archive} shared/data") == "600 joe\nprecious"
    assert (
        project.hosts.on(
            HOST, f"ls -d {base(project)} 2> /dev/null || true; pgrep -u joe -f 'supervisord|gunicorn' || true"
        )
        == ""
    )
    assert project.fab("destroy", "--yes").code == 0
    project.provision()
    project.deploy()
    assert asked(project) == "200"
