"""What is checked on this machine: the repository, the environment, names, and the way to each host's nginx."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from slipway.doctor.finding import Finding
from slipway.doctor.local_checks import local_checks
from slipway.env.dotenv import Secret
from slipway.env.sources import Table
from slipway.inventory import Host
from slipway.inventory.app import App
from tests.source.repo import Repo, nobodys_settings

CODE = "import os\nKEY = os.environ['SECRET_KEY']\ndef app(environ, start): ...\n"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    nobodys_settings(monkeypatch, tmp_path)
    repo = Repo(tmp_path / "repo")
    repo.commit("Begin", app_py=CODE)
    return repo


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, **{"127_0_0_1": "127.0.0.1", "shop_test": "127.0.0.1"})


def host(repo: Repo, port: int = 1, **env: str) -> Host:
    app = App(name="shop", source=repo.folder, domains=("shop.test",), wsgi="app:app")
    values = {name: Secret(value) for name, value in env.items()}
    return Host(name="web1", app=app, address="127.0.0.1", http_port=port, sources=(Table("[env]", values),))


def by_check(found: list[Finding]) -> dict[str, Finding]:
    return {one.check: one for one in found}


def resolve(monkeypatch: pytest.MonkeyPatch, **names: str) -> None:
    def asked(name: str, *rest: object, **more: object) -> list[tuple[object, ...]]:
        key = name.replace(".", "_")
        if key not in names:
            raise socket.gaierror(-2, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (names[key], rest[0] or 0))]

    monkeypatch.setattr(socket, "getaddrinfo", asked)


def test_a_variable_that_is_like_one_that_the_app_reads_is_taken_for_mistyped(repo: Repo) -> None:
    found = by_check(local_checks([host(repo, SECRET_KAY="x", SENTRY_DSN="y")]))
    assert found["repository"].level == "ok"
    assert "SENTRY_DSN" in found["environment"].told
    first = next(one for one in local_checks([host(repo, SECRET_KAY="x")]) if one.check == "environment")
    assert (first.level, first.remedy) == ("warning", "Did you mean SECRET_KEY?")


def test_uncommitted_work_is_a_warning(repo: Repo) -> None:
    repo.write("app.py", CODE + "# changed\n")
    found = by_check(local_checks([host(repo)]))
    assert found["repository"].level == "warning"


def test_names_that_lead_nowhere_or_elsewhere_are_told(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, **{"127_0_0_1": "127.0.0.1"})
    assert by_check(local_checks([host(repo)]))["DNS"].level == "failed"
    resolve(monkeypatch, **{"127_0_0_1": "127.0.0.1", "shop_test": "192.0.2.7"})
    assert by_check(local_checks([host(repo)]))["DNS"].level == "warning"
    resolve(monkeypatch, **{"127_0_0_1": "127.0.0.1", "shop_test": "127.0.0.1"})
    assert by_check(local_checks([host(repo)]))["DNS"].level == "ok"


def test_whether_nginx_can_be_reached_from_here_is_tried(repo: Repo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert by_check(local_checks([host(repo, server.getsockname()[1])]))["way to nginx"].level == "ok"
        port = server.getsockname()[1]
    assert by_check(local_checks([host(repo, port)]))["way to nginx"].level == "failed"
