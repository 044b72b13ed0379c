"""Every web server that the inventory may name: deploys, restarts, scaling and rollbacks lose no request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.load import Visitors
from tests.hosts.project import Project

HOST = "lab1"
APP = Path(__file__).parent / "apps" / "tiny_servers"
WSGI: dict[str, Any] = {"wsgi": "app:app", "asgi": None}
ASGI: dict[str, Any] = {"asgi": "asgi_app:app", "wsgi": None}
slow = pytest.mark.slow_faults
# The server, its interface, what runs then, and whether its workers can be scaled.
SERVERS = [
    pytest.param("uvicorn==0.34.*", ASGI, "uvicorn --uds", True, id="uvicorn"),
    pytest.param("waitress", WSGI, "waitress-serve --unix-socket", False, id="waitress"),
    pytest.param("hypercorn", ASGI, "hypercorn --bind", True, id="hypercorn", marks=slow),
    pytest.param("hypercorn", WSGI, "hypercorn --bind", True, id="hypercorn-wsgi", marks=slow),
    pytest.param("granian", ASGI, "granian --uds", True, id="granian", marks=slow),
    pytest.param("granian", WSGI, "granian --uds", True, id="granian-wsgi", marks=slow),
    pytest.param("uwsgi", WSGI, "uwsgi --http-socket", True, id="uwsgi", marks=slow),
    pytest.param("daphne", ASGI, "daphne -e", False, id="daphne", marks=slow),
    pytest.param("gunicorn", ASGI, "gunicorn -c", True, id="gunicorn-asgi", marks=slow),
    pytest.param("python serve_port.py", WSGI, "python serve_port.py", False, id="own-command-on-a-port"),
    pytest.param("python serve.py", WSGI, "python serve.py", False, id="own-command", marks=slow),
]
# Stays up for as long as it is watched, and then takes more memory than it may have.
GREEDY = "python -c \"import time; time.sleep(3); greedy = [b'x' * (i << 12) for i in range(1000)]; time.sleep(600)\""
OTHERS_SERVER = """
import os, socketserver, sys
os.setuid(65534)
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        print(end=self.rfile.readline().decode(), flush=True)
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("servers", APP, wsgi="app:app", gunicorn={"threads": 6}, keep=3)
    project.deploy()
    return project


@pytest.mark.parametrize(("server", "interface", "words", "scales"), SERVERS)
def test_no_request_is_lost(
    project: Project,
    server: str,
    interface: dict[str, Any],
    words: str,
    scales: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = server.startswith("python ")
    project.configure(**interface, server=None if own else server, processes={"web": server} if own else {})
    project.commit(f"Serve by {server}")
    orders = [("deploy",), ("restart",), ("deploy", "--again"), ("rollback",)]
    if scales:
        orders.insert(2, ("scale", "--process=web", "--count=3"))
    with Visitors(project, rate=30) as visitors:
        for order in orders:
            run = project.fab(*order)
            assert run.code == 0, run.text
    visitors.check(least=60)
    assert words in project.on(HOST, f"ps -o args= -u {'root' if project.hosts.rootless else project.name}")
    answers = sum(sum(tally.good.values()) for tally in visitors.tallies.values())
    with capsys.disabled():
        print(f"\n{server}: 0 of {answers} requests lost, slowest {visitors.slowest:.2f} s")


def test_who_listens_on_the_port_of_an_app_gets_none_of_its_visitors(project: Project) -> None:
    """The app's own server has ended behind the socket's back, and another account has taken its port."""
    if project.hosts.rootless:
        pytest.skip("there is one account")
    keeper = "while :; do python serve_port.py; while [ -e /run/taken ]; do sleep 0.05; done; done"
    project.configure(**WSGI, server=None, processes={"web": keeper})
    project.deploy()
    assert project.get(HOST).status == 200
    log = project.on(HOST, "echo log/web.$(basename $(readlink current)).log").strip()
    port = project.on(HOST, f"sed -n 's/.*listens on 127.0.0.1 port //p' {log}").partition(";")[0]
    project.on(
        HOST,
        f"""touch /run/taken; pkill -u {project.name} -f '^python serve_port.py'
for _ in {{1..100}}; do ss -Hltn "sport = :{port}" | grep -q . || break; sleep 0.05; done
cat > /run/other.py; (setsid python3 /run/other.py {port} > /run/other.log 2>&1 & echo $! > /run/other.pid)
for _ in {{1..100}}; do ss -Hltn "sport = :{port}" | grep -q . && break; sleep 0.05; done""",
        OTHERS_SERVER.encode(),
    )
    try:
        assert project.get(HOST).status == 502
        assert project.on(HOST, "cat /run/other.log") == ""
        assert "another account (nobody) listens on port" in project.on(HOST, f"cat {log}")
        status = project.fab("status")
        assert status.code == 1
    finally:
        project.on(
            HOST,
            f"""kill "$(cat /run/other.pid)"; rm -f /run/taken
for _ in {{1..100}}; do ss -Hltn "sport = :{port}" | grep -q . && break; sleep 0.05; done; sleep 0.2""",
        )
    assert project.get(HOST).status == 200


def test_a_server_that_listens_on_all_addresses_is_told(project: Project) -> None:
    project.env["ADDRESS"] = "0.0.0.0"
    project.configure(**WSGI, server=None, processes={"web": "python serve_port.py"})
    run = project.deploy()
    assert "web listens on all addresses: visitors can pass nginx by port" in run.text
    assert "web listens on all addresses" in project.fab("status").text


def test_limits_hold_or_the_deploy_says_that_they_do_not(project: Project) -> None:
    """`nofile` holds on every host. `memory` is the kernel's: it kills who takes more, where it has control of it."""
    project.configure(
        **WSGI,
        server=None,
        limits={"nofile": 500, "memory": "300M", "cpu": "150%"},
        processes={"greedy": {"command": GREEDY, "watch": 1}},
    )
    provisioned = project.provision()
    run = project.deploy()
    limits = "grep 'open files' /proc/$(pgrep -u {} -f {} -n)/limits"
    user = "root" if project.hosts.rootless else project.name
    for words in ("'[g]unicorn -c'", "'[g]reedy = '"):
        assert project.on(HOST, limits.format(user, words)).split()[3:5] == ["500", "500"]
    group = f"/sys/fs/cgroup/system.slice/slipway-{project.name}.service"
    if project.hosts.rootless or not project.on(HOST, f"ls {group}/memory.max 2> /dev/null || true"):
        assert "memory = 300M" in run.text, provisioned.text
        assert "is not enforced" in run.text
        return
    assert "not enforced" not in run.text
    project.on(
        HOST,
        f"for _ in {{1..100}}; do grep -q '^oom_kill [1-9]' {group}/memory.events && exit; sleep 0.2; done; exit 1",
    )
    assert "the app has a limit of 300 MiB" in project.fab("status").text
    assert "limits on lab1: memory" in project.fab("ps").text
    assert project.get(HOST).status == 200
