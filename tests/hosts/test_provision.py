"""Provision on real hosts: what it makes, who can reach what, what it leaves alone, and what it refuses."""

from __future__ import annotations

import json
import shlex
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.hosts import Hosts
from tests.hosts.project import Project, Run

pytestmark = pytest.mark.usefixtures("needs_root")

HOST = "lab1"


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("alpha", env={"SECRET_KEY": "sesame"})
    project.deploy()
    return project


@pytest.fixture(scope="module")
def neighbour(new_project: NewProject, project: Project) -> Project:
    """A second app on the same host."""
    project = new_project("beta")
    project.deploy()
    return project


@pytest.fixture
def templates(project: Project) -> Iterator[Path]:
    """The user's own templates; gone after the test, and the host as before."""
    folder = project.folder / "templates"
    folder.mkdir()
    yield folder
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    project.provision()


def refused(project: Project) -> Run:
    """Provision, which has to fail, in one line and without a traceback."""
    run = project.fab("provision")
    assert run.code == 1, run.text
    assert "Traceback" not in run.text
    return run


def able(project: Project, user: str, *commands: str) -> list[str]:
    """Those of some commands that work for an account, in the app's folder."""
    lines = [f"({command}) > /dev/null 2>&1 && echo {shlex.quote(command)}" for command in commands]
    script = "\n".join([f"cd {project.base}", "shopt -s failglob", *lines, "true"])
    return project.hosts.on(HOST, f"runuser -u {user} -- bash", script.encode()).splitlines()


def raw(hosts: Hosts, request: bytes) -> bytes:
    """What nginx answers to bytes of our own."""
    host = hosts[HOST]
    with socket.create_connection((host.address, host.http_port), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer


def listing(project: Project) -> set[str]:
    """What lies on the host where provision writes, as of the last hour: but for the lock, logs and the history."""
    line = (
        "find . /etc /opt/slipway -xdev -newermt '-1 hour' ! -path '*/log/*' ! -path ./history.jsonl ! -path ./lock -ls"
    )
    return set(project.on(HOST, line).splitlines())


def until(done: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def eventually(project: Project) -> None:
    """Wait until the page is there."""
    until(lambda: project.get(HOST).status == 200)


def main_pid(project: Project) -> str:
    return project.on(HOST, f"systemctl show --property MainPID --value slipway-{project.name}")


def test_a_second_provision_changes_nothing_but_the_history(project: Project) -> None:
    before, told = listing(project), project.on(HOST, "cat history.jsonl")
    run = project.provision()
    assert "changed=0" in run.text
    assert "nothing to change" in run.text
    assert listing(project) ^ before == set()
    after = project.on(HOST, "cat history.jsonl")
    assert after.startswith(told)
    line = json.loads(after[len(told) :])
    assert (line["operation"], line["outcome"]) == ("provision", "ok")


def test_the_app_reads_its_code_and_writes_only_where_it_shall(project: Project) -> None:
    reads = [f"cat {path}" for path in ("current/app/app.py", "env/*.env", "conf/*", "current/conf/run")]
    assert able(project, "alpha", *reads) == reads
    shut = (".", "current/app", "current/conf", "env", "conf", "supervisor.d", "venvs", "releases", "static", "cache")
    assert able(project, "alpha", *(f"touch {path}/planted" for path in shut)) == []
    writes = [f"touch {path}/planted && rm {path}/planted" for path in ("shared", "log", "run", "tasks", "current/run")]
    assert able(project, "alpha", *writes) == writes


def test_neither_nginx_nor_another_app_reads_code_or_secrets(project: Project, neighbour: Project) -> None:
    files = ("current/app/app.py", "env/*.env", "conf/supervisord.conf", "current/conf/run", "log/*")
    folders = (".", "releases", "shared", "run", "log", "env", "venvs", "repo.git", "cache", "tasks", "static")
    tries = [f"head -c 1 {path}" for path in files]
    tries += [f"{word} {path}" for path in folders for word in ("ls", "touch planted; touch")]
    for user in ("www-data", neighbour.name, "nobody"):
        assert able(project, user, *tries) == []


def test_nginx_reaches_the_socket_and_nothing_of_supervisord(project: Project) -> None:
    connect = "python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])'"
    web, supervisor = f"{connect} current/run/web.sock", f"{connect} run/supervisor.sock"
    assert able(project, "www-data", web, supervisor) == [web]
    assert able(project, "deploy", supervisor) == [supervisor]


def test_deploys_act_as_the_apps_user_and_as_nobody_else(project: Project) -> None:
    others = [f"sudo -n -u {user} -- id" for user in ("root", "www-data", "nobody", "alpha -g root")]
    assert able(project, "deploy", "sudo -n -u alpha -- id", *others) == ["sudo -n -u alpha -- id"]
    assert able(project, "alpha", "sudo -n -- id") == []


def test_accounts_have_no_more_than_they_need(project: Project) -> None:
    entry = project.on(HOST, "getent passwd alpha").split(":")
    assert entry[-1] == "/usr/sbin/nologin"
    assert project.on(HOST, "id -nG alpha") == "alpha"
    assert set(project.on(HOST, "id -nG deploy").split()) >= {"deploy", "alpha"}
    assert project.on(HOST, "stat -c '%a %U' ~deploy/.ssh/authorized_keys") == "600 deploy"


def test_the_app_runs_without_any_privileges(project: Project) -> None:
    status = project.on(HOST, "for pid in $(pgrep -u alpha); do cat /proc/$pid/status; done")
    assert {line.split()[1] for line in status.splitlines() if line.startswith(("CapBnd", "CapEff"))} == {"0" * 16}


def test_the_unit_takes_away_what_the_app_does_not_need(project: Project) -> None:
    said = project.on(HOST, f"systemd-analyze security --threshold=40 slipway-{project.name} | tail -n 1")
    assert float(said.split(":")[1].split()[0]) <= 4.0
    status = project.on(HOST, "for pid in $(pgrep -u alpha); do cat /proc/$pid/status; done")
    assert {line.split()[1] for line in status.splitlines() if line.startswith("NoNewPrivs")} == {"1"}


def test_deploys_read_nginx_logs_of_the_app_and_other_apps_do_not(project: Project, neighbour: Project) -> None:
    log = "/var/log/slipway/alpha/access.log"
    project.hosts.on(HOST, "logrotate --force /etc/logrotate.d/slipway-alpha")
    grep = f"grep -q /rotated {log}"
    until(lambda: bool(project.get(HOST, "/rotated") and able(project, "deploy", grep)))
    assert able(project, neighbour.name, grep) == []


def test_unknown_hosts_are_refused_at_the_edge(project: Project) -> None:
    assert raw(project.hosts, b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n") == b""
    assert raw(project.hosts, b"GET / HTTP/1.0\r\n\r\n") == b""
    answer = raw(project.hosts, b"GET / HTTP/1.1\r\nHost: alpha.test\r\nConnection: close\r\n\r\n")
    assert b" 200 " in answer.split(b"\r\n")[0]


def test_the_app_is_told_one_of_its_own_names_whatever_the_header_says(project: Project) -> None:
    request = b"GET http://alpha.test/headers HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert b"evil" not in raw(project.hosts, request)


@pytest.mark.parametrize("path", ["/.env", "/.git/config", "/static/.hidden", "/.slipway"])
def test_hidden_files_are_nobodys_business_and_the_app_is_not_asked(project: Project, path: str) -> None:
    assert project.get(HOST, path).status == 404


def test_what_lies_beside_public_files_is_not_served(project: Project) -> None:
    assert project.get(HOST, "/..%2f..%2fenv/").status == 400
    for path in ("/current/app/app.py", "/env/", "/shared/", "/conf/supervisord.conf"):
        assert project.page(HOST, path)["path"] == path


def test_a_reboot_brings_the_site_back_by_itself(project: Project, neighbour: Project) -> None:
    release = project.current(HOST)
    project.hosts.restart(HOST)
    eventually(project)
    eventually(neighbour)
    assert project.current(HOST) == release
    assert "changed=0" in project.provision().text


def test_supervisord_that_is_killed_comes_back_with_its_programs_and_leaves_no_orphans(project: Project) -> None:
    for _ in range(3):
        before = set(project.on(HOST, "pgrep -u alpha").split())
        project.on(HOST, f"kill -KILL {main_pid(project)}")
        time.sleep(0.3)
        eventually(project)
        assert not before & set(project.on(HOST, "pgrep -u alpha").split())
        assert project.on(HOST, "ps -o ppid= -u alpha").split().count("1") == 1


def test_an_interrupted_switch_is_undone_before_programs_start(project: Project) -> None:
    project.on(HOST, "runuser -u deploy -- bash -c 'echo \"id -un > shared/undone; rm undo\" > undo'")
    project.on(HOST, "sed -i '1i cd /srv/alpha' undo && systemctl restart slipway-alpha")
    assert project.on(HOST, "cat shared/undone && rm shared/undone && ! test -e undo") == "deploy"
    eventually(project)


def test_a_journal_that_fails_does_not_keep_the_site_down(project: Project) -> None:
    project.on(HOST, "runuser -u deploy -- bash -c 'echo exit 3 > undo'")
    project.on(HOST, "systemctl restart slipway-alpha; rm undo")
    eventually(project)


def test_running_programs_are_not_restarted_for_a_new_setting_but_the_user_is_told(
    project: Project, templates: Path
) -> None:
    (templates / "supervisord.conf.j2").write_text(
        '{% extends "shipped/supervisord.conf.j2" %}{% block extra %}\n; changed\n{% endblock %}\n'
    )
    pid, pids = main_pid(project), project.on(HOST, "pgrep -u alpha")
    run = project.provision()
    assert "changed=1" in run.text
    assert project.on(HOST, "tail -n 1 conf/supervisord.conf") == "; changed"
    assert "systemctl restart slipway-alpha" in run.text
    assert (main_pid(project), project.on(HOST, "pgrep -u alpha")) == (pid, pids)
    project.on(HOST, "systemctl restart slipway-alpha")
    eventually(project)
    assert "systemctl restart" not in project.provision().text


def test_new_tools_do_not_disturb_what_runs_from_the_old_ones(project: Project) -> None:
    pids = project.on(HOST, "pgrep -u alpha")
    project.on(HOST, "rm /opt/slipway/tools/complete")
    run = project.provision()
    assert "changed=1" in run.text
    assert project.on(HOST, "pgrep -u alpha") == pids
    assert project.on(HOST, "/opt/slipway/tools/bin/uv --version").startswith("uv ")
    assert "changed=0" in project.provision().text


def test_a_certificate_by_a_template_of_the_users_own(project: Project, templates: Path) -> None:
    make = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=alpha.test -days 2 -keyout key.pem -out chain.pem"
    project.hosts.on(HOST, f"mkdir -p /etc/ssl/alpha && cd /etc/ssl/alpha && {make} && chmod 0600 key.pem")
    block = "{% block listen %}\n{{ super() }}    listen 443 ssl;\n    ssl_certificate /etc/ssl/alpha/chain.pem;\n"
    block += "    ssl_certificate_key /etc/ssl/alpha/key.pem;\n{% endblock %}\n"
    (templates / "nginx.conf.j2").write_text('{% extends "shipped/nginx.conf.j2" %}\n' + block)
    assert "changed=1" in project.provision().text
    ask = "import ssl, urllib.request as u; c = ssl._create_unverified_context(); "
    ask += "print(u.urlopen(u.Request('https://127.0.0.1/', headers={'Host': 'alpha.test'}), context=c).status)"
    assert project.hosts.on(HOST, f"sleep 0.5; python3 -c {shlex.quote(ask)}") == "200"
    project.say("secure")
    project.deploy()  # which validates the site, and cannot read the key


def test_a_site_that_nginx_refuses_leaves_the_old_one_in_place(project: Project, templates: Path) -> None:
    (templates / "nginx.conf.j2").write_text(
        '{% extends "shipped/nginx.conf.j2" %}{% block extra %}\n    potato on;\n{% endblock %}\n'
    )
    before = project.on(HOST, "cksum < /etc/nginx/sites-available/slipway-alpha.conf")
    run = refused(project)
    assert 'unknown directive "potato"' in run.text
    assert project.on(HOST, "cksum < /etc/nginx/sites-available/slipway-alpha.conf") == before
    project.on(HOST, "nginx -t")
    assert project.get(HOST).status == 200


def test_a_template_with_a_mistake_stops_before_any_host_is_contacted(project: Project, templates: Path) -> None:
    (templates / "nginx.conf.j2").write_text("server {\n  {{ domian }}\n}\n")
    run = project.fab("provision")
    assert run.code == 2
    assert "nginx.conf.j2:2: 'domian' is undefined" in run.text


def test_a_domain_as_long_as_dns_allows_is_served(neighbour: Project) -> None:
    long = ".".join(["a" * 63, "b" * 63, "c" * 63, "beta.test"])
    neighbour.configure(domains=["beta.test", long])
    neighbour.on(HOST, "rm -f /etc/nginx/conf.d/slipway-names.conf")
    assert "changed=2" in neighbour.provision().text
    assert "changed=0" in neighbour.provision().text
    assert neighbour.on(HOST, "cat /etc/nginx/conf.d/slipway-names.conf") == "server_names_hash_bucket_size 512;"
    assert neighbour.get(HOST, site=long).status == 200
    neighbour.configure(domains=["beta.test"])
    neighbour.provision()


def test_two_apps_cannot_have_the_same_name(project: Project, neighbour: Project) -> None:
    neighbour.configure(domains=["beta.test", "alpha.test"])
    run = refused(neighbour)
    assert "slipway-alpha.conf) has the name alpha.test on port 80" in run.text
    neighbour.configure(domains=["beta.test"])
    assert "changed=0" in neighbour.provision().text
    assert (project.get(HOST).status, neighbour.get(HOST).status) == (200, 200)


def test_sites_of_others_and_their_default_server_are_left_alone(project: Project) -> None:
    site = "server { listen 80 default_server; server_name shop.test; return 418; }"
    project.on(HOST, "cat > /etc/nginx/conf.d/shop.conf && nginx -s reload || true", site.encode())
    project.on(HOST, "rm -f /etc/nginx/sites-enabled/slipway-default-80.conf && nginx -t && nginx -s reload")
    run = project.provision()
    assert "another nginx site is the default server of port 80" in run.text
    assert project.hosts.get(HOST, site="shop.test").status == 418
    assert project.get(HOST).status == 200
    project.on(HOST, "rm /etc/nginx/conf.d/shop.conf")
    assert "changed=1" in project.provision().text
    until(lambda: raw(project.hosts, b"GET / HTTP/1.0\r\n\r\n") == b"")


def test_a_port_that_another_program_holds_is_named_with_the_program(project: Project) -> None:
    project.hosts.on(
        HOST, "setsid python3 -m http.server 8099 < /dev/null > /dev/null 2>&1 & echo $! > /run/holder; sleep 1"
    )
    project.configure(port=8099)
    try:
        assert "port 8099 is held by python3" in refused(project).text
        told = json.loads(project.fab("history", "--json", "--last=1").out)["hosts"][HOST][-1]
        assert (told["operation"], told["outcome"], told["message"]) == ("provision", "failed", "failed in step survey")
    finally:
        project.configure(port=None)
        project.on(HOST, "kill $(cat /run/holder)")


@pytest.mark.parametrize(
    ("user", "reason"),
    [("sudo", "there is a group sudo already"), ("mail", "the system's own"), ("deploy2", "not Slipway's")],
)
def test_accounts_that_mean_something_else_are_not_taken_for_the_app(project: Project, user: str, reason: str) -> None:
    project.on(HOST, "id deploy2 > /dev/null 2>&1 || useradd --system deploy2")
    project.configure(user=user)
    try:
        assert reason in refused(project).text
        assert project.on(HOST, f"id -nG deploy | grep -cw {user} || true") == "0"
    finally:
        project.configure(user=None)


def test_keys_and_modes_that_changed_are_put_right_and_keys_of_others_stay(project: Project) -> None:
    project.on(
        HOST, "cd ~deploy/.ssh && echo 'ssh-ed25519 OTHER colleague' > authorized_keys && chmod 0666 authorized_keys"
    )
    project.on(HOST, "chmod 0777 env && chmod o+r conf/supervisord.conf && chmod 0644 /etc/sudoers.d/slipway-alpha")
    run = project.provision()
    assert "changed=5" in run.text
    assert project.on(HOST, "grep -c colleague ~deploy/.ssh/authorized_keys") == "1"
    modes = project.on(
        HOST, "stat -c %a ~deploy/.ssh/authorized_keys env conf/supervisord.conf /etc/sudoers.d/slipway-alpha"
    )
    assert modes.split() == ["600", "2750", "640", "440"]
    project.deploy()


def test_links_that_the_deploying_account_plants_lead_root_nowhere(project: Project) -> None:
    project.on(HOST, "echo precious > /root/precious && chmod 0600 /root/precious")
    plant = "mv env env.kept && ln -s /root env && ln -sf /root/precious conf/supervisord.conf"
    project.on(HOST, f"runuser -u deploy -- bash -c '{plant}'")
    project.fab("provision")
    assert project.on(HOST, "stat -c '%a %U' /root /root/precious; cat /root/precious").split("\n")[1:] == [
        "600 root",
        "precious",
    ]
    assert project.on(HOST, "stat -c %U /root") == "root"
    project.on(HOST, "rm -f env && mv env.kept env")
    project.provision()


def test_another_programs_lock_on_the_package_database_is_waited_for(project: Project) -> None:
    project.configure(packages=["tree"])
    hold = (
        "import fcntl, time; f = open('/var/lib/dpkg/lock-frontend', 'w'); fcntl.lockf(f, fcntl.LOCK_EX); time.sleep(4)"
    )
    project.hosts.on(HOST, f'setsid python3 -c "{hold}" < /dev/null > /dev/null 2>&1 & sleep 0.5')
    try:
        run = project.provision()
        assert "changed=1" in run.text
        assert project.on(HOST, "command -v tree") == "/usr/bin/tree"
    finally:
        project.configure(packages=None)
        project.hosts.run(HOST, "apt-get remove -q -y tree")


def test_a_package_that_does_not_exist_is_named(project: Project) -> None:
    project.configure(packages=["no-such-package-here"])
    try:
        assert "Unable to locate package no-such-package-here" in refused(project).text
    finally:
        project.configure(packages=None)
