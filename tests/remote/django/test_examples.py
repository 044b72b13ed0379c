"""The guestbook of examples/hello, as a release: it migrates, collects, boots and shows who answers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from slipway.remote.web.send_health_check import Answer, Question, ask
from tests.remote.supervisor_bench import Bench

ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "hello.settings",
    "SECRET_KEY": "x",
    "SLIPWAY_DOMAINS": "example.org",
    "SLIPWAY_RELEASE": "r1",
    "SLIPWAY_COMMIT": "0123456789abcdef",
    "PYTHONDONTWRITEBYTECODE": "1",
}


class Hello:
    """The example in a release of a bench, prepared as a deploy does it."""

    def __init__(self, bench: Bench, source: Path) -> None:
        self.bench = bench
        self.options: dict[str, Any] = bench.release("r1", workers=2)
        self.app = bench.base / "releases" / "r1" / "app"
        self.public = bench.base / "releases" / "r1" / "public"
        shutil.copytree(
            source, self.app, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sqlite3*", "__pycache__")
        )
        conf = bench.base / "releases" / "r1" / "gunicorn.conf.py"
        words = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        bench.add("r1.web", self.app, f"env {' '.join(words)} {bench.venv}/bin/gunicorn -c {conf} hello.wsgi")

    def manage(self, *words: str, text: str | None = None) -> str:
        python = str(self.bench.venv / "bin" / "python")
        done = subprocess.run(
            [python, *words],
            cwd=self.app,
            env={"PATH": os.environ["PATH"], **ENVIRONMENT},
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def get(self, path: str) -> Answer:
        return ask(Question(self.options["socket"], path, "example.org", False), 10)


@pytest.fixture
def hello(bench: Bench, root: Path) -> Hello:
    return Hello(bench, root / "examples" / "hello")


def test_the_guestbook_goes_the_way_of_a_deploy(hello: Hello) -> None:
    hello.manage("manage.py", "collectstatic", "--noinput")
    hello.public.mkdir()
    (hello.public / "static").symlink_to(hello.app / "staticfiles")
    hello.manage("manage.py", "migrate", "-v", "0")
    done = hello.bench.run("web.boot", hello.options)
    assert done.code == 0, done.text

    page = hello.get("/")
    assert page.status == 200
    assert '<dd id="release">r1</dd>' in page.body
    assert '<dd id="commit">0123456789</dd>' in page.body
    for url in re.findall(r'href="(/static/[^"]+)"', page.body):
        assert re.search(r"\.[0-9a-f]{12}\.(css|svg)$", url)
        assert (hello.public / url[1:]).is_file()
    assert json.loads(hello.get("/healthz").body)["status"] == "ok"
    assert json.loads(hello.get("/headers").body)["host"] == "example.org"
    assert hello.get("/slow?s=0.1").body == "slept 0.1 s in r1\n"
    assert hello.get("/pid").body.strip().isdigit()


def test_without_its_tables_the_guestbook_is_not_healthy(hello: Hello) -> None:
    done = hello.bench.run("web.boot", hello.options)
    assert done.code == 1
    assert "no such table: guestbook_message" in done.text
    assert hello.bench.states() == {}


def test_its_models_and_migrations_agree(hello: Hello) -> None:
    assert "No changes detected" in hello.manage("manage.py", "makemigrations", "--check", "--dry-run")
    assert "no issues" in hello.manage("manage.py", "check")


def test_its_process_beside_the_web_server_ends_when_it_is_told_to(hello: Hello) -> None:
    command = [str(hello.bench.venv / "bin" / "python"), "manage.py", "tick"]
    running = subprocess.Popen(command, cwd=hello.app, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    assert running.stderr
    assert "tick 1" in running.stderr.readline()
    running.send_signal(signal.SIGTERM)
    assert "ended after" in running.stderr.readline()
    assert running.wait() == 0
    running.stderr.close()
