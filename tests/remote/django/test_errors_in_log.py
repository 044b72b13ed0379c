"""Errors of Django's requests are in the log of gunicorn, with their traceback, exactly once, whatever LOGGING says."""

from __future__ import annotations

import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from msgspec.structs import replace

from slipway.inventory.app import Gunicorn
from slipway.steps.config import gunicorn_file
from tests.remote.django_project import Project
from tests.steps.targets import target

PAGE = """
from django.http import HttpResponse
from django.urls import path


def broken(request):
    raise ValueError("the shelf is empty")


urlpatterns = [path("broken", broken)]
"""
OWN = """
import logging


class Keeps(logging.Handler):
    def emit(self, record):
        pass  # as one that writes into a database


class Prints(logging.StreamHandler):
    pass
"""
BASE = 'ROOT_URLCONF = "pages"\nALLOWED_HOSTS = ["*"]\nADMINS = [("Ann", "ann@example.org")]\n'
MAILS = 'EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"\nEMAIL_FILE_PATH = "mails"\n'
KEPT = '"disable_existing_loggers": False'
CONSOLE = '"handlers": {"console": {"class": "logging.StreamHandler"}}'
MAIL = '"handlers": {"mail": {"class": "django.utils.log.AdminEmailHandler", "level": "ERROR"}}'


def log_of(project: Project, folder: Path, *, settings: str = "", asgi: bool = False) -> str:
    """What gunicorn has written, run as a deploy sets it up, when a page has raised an error."""
    project.write("pages.py", PAGE)
    project.write("own.py", OWN)
    project.settings(BASE + MAILS + settings)
    kind = "asgi" if asgi else "wsgi"
    project.write("entry.py", f"from django.core.{kind} import get_{kind}_application as get\napplication = get()\n")
    place = target(gunicorn=Gunicorn(workers=1))
    detected = replace(place.detected, kind="asgi", wsgi=None, asgi="entry:application") if asgi else place.detected
    text = gunicorn_file(replace(place, detected=detected)).replace(str(place.paths.run), str(folder))
    conf, log = folder / "gunicorn.conf.py", folder / "log"
    conf.write_text(text)
    command: list[str | Path] = [
        project.venv / "bin" / "gunicorn",
        "-c",
        conf,
        "--bind",
        "127.0.0.1:0",
        "entry:application",
    ]
    environment = {"PATH": os.environ["PATH"], **project.environment}
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=project.tree, env=environment, stdout=output, stderr=output)
    try:
        ask(log, "/broken")
    finally:
        process.terminate()
        process.wait()
    return log.read_text()


def ask(log: Path, path: str) -> None:
    """Ask the server for a page that fails, as soon as it listens."""
    deadline = time.monotonic() + 30
    while not (found := re.search(r"Listening at: (http://\S+)", log.read_text())):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
    with pytest.raises(urllib.error.HTTPError, match="500"):
        urllib.request.urlopen(found[1] + path, timeout=30)


def mails(project: Project) -> int:
    return sum(path.read_text().count("Subject:") for path in project.tree.glob("mails/*"))


@pytest.mark.parametrize("asgi", [False, True], ids=["wsgi", "asgi"])
def test_a_project_without_logging_of_its_own_has_its_tracebacks_in_the_log(
    project: Project, tmp_path: Path, asgi: bool
) -> None:
    log = log_of(project, tmp_path, asgi=asgi)
    assert log.count("ValueError: the shelf is empty") == 1
    assert re.search(r"(?m)^\[20\d\d-\d\d-\d\d .{14}\] \[\d+\] \[ERROR\] Internal Server Error: /broken$", log)
    assert mails(project) == 1  # as before


@pytest.mark.parametrize(
    ("logging", "mailed"),
    [
        pytest.param(f'{KEPT}, {CONSOLE}, "root": {{"handlers": ["console"]}}', 1, id="root"),
        pytest.param(f'{CONSOLE}, "loggers": {{"django": {{"handlers": ["console"]}}}}', 0, id="django"),
        pytest.param(f'{CONSOLE}, "root": {{"handlers": ["console"]}}', 0, id="disabled-loggers"),
        pytest.param(
            f'{MAIL}, "loggers": {{"django.request": {{"handlers": ["mail"], "propagate": False}}}}', 1, id="mail"
        ),
        pytest.param(
            '"handlers": {"file": {"class": "logging.FileHandler", "filename": "errors.txt"}},'
            '"loggers": {"django": {"handlers": ["file"]}}',
            0,
            id="file",
        ),
        pytest.param(
            '"handlers": {"own": {"class": "own.Keeps"}}, "loggers": {"django.request": {"handlers": ["own"]}}',
            1,
            id="own",
        ),
        pytest.param(
            '"handlers": {"own": {"class": "own.Prints"}}, "loggers": {"django.request": {"handlers": ["own"]}}',
            1,
            id="own-stream",
        ),
    ],
)
def test_an_app_with_logging_of_its_own_has_them_once(
    project: Project, tmp_path: Path, logging: str, mailed: int
) -> None:
    log = log_of(project, tmp_path, settings=f'LOGGING = {{"version": 1, {logging}}}')
    assert log.count("ValueError: the shelf is empty") == 1
    assert mails(project) == mailed


def test_without_any_handler_python_prints_them_itself(project: Project, tmp_path: Path) -> None:
    assert log_of(project, tmp_path, settings="LOGGING_CONFIG = None").count("ValueError: the shelf is empty") == 1


def test_with_debug_on_nothing_is_added(project: Project, tmp_path: Path) -> None:
    assert log_of(project, tmp_path, settings="DEBUG = True").count("ValueError: the shelf is empty") == 1


def test_an_app_that_wants_silence_has_it(project: Project, tmp_path: Path) -> None:
    null = '"handlers": {"null": {"class": "logging.NullHandler"}}, "loggers": {"django": {"handlers": ["null"]}}'
    log = log_of(project, tmp_path, settings=f'LOGGING = {{"version": 1, {null}}}')
    assert "ValueError" not in log
