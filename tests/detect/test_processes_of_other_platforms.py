"""Without a Procfile, heroku.yml, manifest.yml and scripts that end in exec say what serves the app."""

from __future__ import annotations

import pytest

from tests.detect.test_detect import FLASK, STARTPROJECT, found

HEROKU = """
build:
  docker:
    web: Dockerfile
release:
  image: web
  command:
    - python tables.py
run:
  web: gunicorn shop:make --bind 0.0.0.0:$PORT
  celery_worker:
    command:
      - celery -A shop worker
    image: web
"""
MANIFEST = """
---
applications:
- name: shop
  memory: 512M
  command: gunicorn shop:make
  processes:
  - type: worker
    command: celery -A shop worker
  - type: idle
"""


@pytest.mark.parametrize(
    ("path", "content", "processes"),
    [
        ("heroku.yml", HEROKU, {"celery-worker": "celery -A shop worker"}),
        ("manifest.yml", MANIFEST, {"worker": "celery -A shop worker"}),
        ("app.sh", "#!/bin/sh\nset -e\nexec gunicorn shop:make \\\n  --bind :$PORT\n", {}),
    ],
)
def test_what_serves_the_app_and_runs_besides_is_read(path: str, content: str, processes: dict[str, str]) -> None:
    detected = found({path: content, "shop.py": "def make(environ, start): pass"})
    assert (detected.wsgi, detected.place, detected.declared_in) == ("shop:make", path, path)
    assert detected.processes == processes
    assert detected.release_command == ("python tables.py" if path == "heroku.yml" else None)


def test_a_procfile_wins_over_them() -> None:
    files = {"app.py": FLASK, "heroku.yml": HEROKU, "manifest.yml": MANIFEST, "app.sh": "exec gunicorn a:b\n"}
    assert found({**files, "Procfile": "web: gunicorn app:app\n"}).wsgi == "app:app"


def test_a_script_that_migrates_first_is_that_of_a_django_project() -> None:
    steps = "python manage.py migrate\npython manage.py collectstatic --noinput\n"
    script = f"#!/bin/bash\n# starts it\n{steps}exec gunicorn mysite.wsgi\n"
    detected = found({**STARTPROJECT, "entrypoint.sh": script})
    assert (detected.kind, detected.wsgi, detected.place) == ("django", "mysite.wsgi:application", "entrypoint.sh")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("manifest.yml", "applications: [{name: a, command: x}, {name: b, command: y}]"),
        ("manifest.yml", "apiVersion: v1\nkind: Pod\n"),
        ("manifest.yml", "a: [unbalanced"),
        ("manifest.yml", "x" * 100_000),
        ("heroku.yml", "- a list\n"),
        ("app.sh", "exec flask run\n"),
        ("run.sh", "make assets\nexec gunicorn other:app\n"),
        ("start.sh", "gunicorn other:app\n"),
        ("start.sh", ""),
    ],
)
def test_what_says_nothing_useful_is_passed_over(path: str, content: str) -> None:
    detected = found({"app.py": FLASK, path: content})
    assert (detected.wsgi, detected.declared_in, detected.processes, detected.notes) == ("app:app", "", {}, ())
