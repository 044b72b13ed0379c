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
    pytest.param("python serve.py", WSGI, "python serve.py", False, id="own-command", marks=slow),
]


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
