"""A boot rejects what no visitor may meet: DEBUG, and secret keys that are none; keys are never shown."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from slipway.remote.web.find_app_risks import committed, look
from slipway.remote.web.wait_healthy import findings
from tests.remote.run_program import Done
from tests.remote.supervisor_bench import Bench

KEY = b"k3y-of-the-repository-0123456789"


def boot(bench: Bench, kind: str, *allow: str) -> Done:
    return bench.run("web.boot", {**bench.release(kind, "django", workers=2), "allow": list(allow)})


@pytest.mark.parametrize(
    ("kind", "risk", "said"),
    [
        ("debug", "debug", "DEBUG is on: visitors would see settings and source code."),
        ("committed", "committed-secret-key", "SECRET_KEY stands in the committed source (web.py:11)"),
        ("default", "committed-secret-key", "SECRET_KEY is a well-known default"),
        ("random", "unstable-secret-key", "SECRET_KEY is another one in each worker"),
    ],
)
def test_it_stops_the_boot_unless_it_is_allowed_by_name(bench: Bench, kind: str, risk: str, said: str) -> None:
    done = boot(bench, kind)
    assert done.code == 1
    assert said in done.text
    assert f'set allow = ["{risk}"]' in done.text
    assert KEY.decode() not in done.text
    bench.kill_supervisor()
    bench.base.joinpath("releases", kind).rename(bench.base / "gone")
    for pid in bench.mine():
        bench.kill(pid)
    bench.start_supervisor()
    assert boot(bench, kind, risk).code == 0


def test_an_app_with_a_key_of_its_own_boots(bench: Bench) -> None:
    assert boot(bench, "good").code == 0


def test_debug_is_told_before_a_host_name_that_is_refused(bench: Bench) -> None:
    """Or the advice about names would lead to a site with DEBUG on."""
    done = bench.run("web.boot", {**bench.release("debug", "django"), "host": "other.example.org"})
    assert "DEBUG is on" in done.text
    assert "400" not in done.text


class Flask:
    """Stands for Flask's class, by the name of its module."""

    __module__ = "flask.app"

    def __init__(self, key: Any, debug: bool = False) -> None:
        self.secret_key = key
        self.debug = debug


class FastAPI:
    """Stands for FastAPI's class."""

    __module__ = "fastapi.applications"

    def __init__(self, key: str) -> None:
        self.debug = False
        self.user_middleware = [SimpleNamespace(kwargs={"secret_key": key})]


@pytest.mark.parametrize("wrap", [lambda app: app, lambda app: SimpleNamespace(app=app)])
def test_flask_and_fastapi_are_looked_at_too(tmp_path: Path, wrap: Any) -> None:
    (tmp_path / ".env").write_text(f"SECRET={KEY.decode()}\n")
    for app in (Flask(KEY), Flask(KEY.decode()), FastAPI(KEY.decode())):
        assert (
            "secret_key stands in the committed source (.env:1)" in look(wrap(app), str(tmp_path))["risks"].popitem()[1]
        )
    assert "debug" in look(wrap(Flask(None, debug=True)), str(tmp_path))["risks"]
    assert look(wrap(Flask(None)), str(tmp_path)) == {"risks": {}, "keys": {}}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("settings.toml", f'key = "{KEY.decode()}"'),
        (".env", f"SECRET_KEY={KEY.decode()}"),
        (".env.production", f"export SECRET_KEY='{KEY.decode()}'"),
        ("config.yml", f"secret: {KEY.decode()}"),
        ("values.py", f"DEFAULT = '{KEY.decode()}'"),
    ],
)
def test_a_key_is_found_where_apps_keep_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str
) -> None:
    (tmp_path / file).write_text(f"# settings\n{text}\n")
    module = ModuleType("values")
    module.__file__ = str(tmp_path / file)
    monkeypatch.setitem(sys.modules, "values", module)
    assert committed(KEY, str(tmp_path)) == f"{file}:2"
    assert committed(KEY[:-1], str(tmp_path)) == ""


def test_a_short_key_counts_only_where_the_line_is_about_secrets(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('name = "x"\n')
    assert committed(b"x", str(tmp_path)) == ""
    (tmp_path / "a.toml").write_text('secret_key = "x"\n')
    assert committed(b"x", str(tmp_path)) == "a.toml:1"


def test_what_a_link_leads_to_is_not_committed(tmp_path: Path) -> None:
    (tmp_path / "shared.env").write_text(f"SECRET_KEY={KEY.decode()}\n")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / ".env").symlink_to(tmp_path / "shared.env")
    assert committed(KEY, str(tmp_path / "app")) == ""


@pytest.mark.parametrize("text", ["", "[]", '{"risks": 1}', '{"keys": {"a": {}}}', "[" * 9000, "\xff"])
def test_a_mark_that_the_app_forged_is_no_finding(tmp_path: Path, text: str) -> None:
    mark = tmp_path / "worker-1"
    mark.write_bytes(text.encode("latin-1"))
    assert not any(findings(str(mark)).values())


def test_a_mark_that_is_a_link_or_a_pipe_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "other").write_text('{"risks": {"debug": "x"}}')
    (tmp_path / "worker-1").symlink_to(tmp_path / "other")
    assert findings(str(tmp_path / "worker-1")) == {}
