"""Advice follows the cause that the log shows, whatever step it appeared in."""

from __future__ import annotations

import re
from collections import deque
from pathlib import Path

import pytest
from msgspec.structs import replace

from slipway.core.mask_secrets import mask_secrets
from slipway.env.database_settings import DatabaseSetting
from slipway.model.outcome import TAIL, Result
from slipway.output.known_failures import advice
from slipway.output.outcome_report import report
from tests.output.test_outcome_report import ABOUT, failed, outcome, told

ENVIRON = """Traceback (most recent call last):
  File "/srv/x/releases/1/app/main.py", line 5, in <module>
    URL = os.environ["DATABASE_URL"]
  File "/usr/lib/python3.11/os.py", line 679, in __getitem__
    raise KeyError(key) from None
KeyError: 'DATABASE_URL'"""
PYDANTIC = """pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings
database_url
  Field required [type=missing, input_value={}, input_type=dict]
secret_key
  Field required [type=missing, input_value={}, input_type=dict]"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ENVIRON, ["needs DATABASE_URL in its environment", "env_files"]),
        (PYDANTIC, ["DATABASE_URL, SECRET_KEY", "generate"]),
        ("django.core.exceptions.ImproperlyConfigured: Set the SECRET_KEY environment variable", ["SECRET_KEY"]),
        ("decouple.UndefinedValueError: API_KEY not found. Declare it as envvar or define a default", ["API_KEY"]),
        ('environs.exceptions.EnvError: Environment variable "API_KEY" not set', ["API_KEY"]),
        ("ModuleNotFoundError: No module named 'PIL'", ["add Pillow"]),
        ("ModuleNotFoundError: No module named 'myapp.views'", ["module myapp", "chdir"]),
        ("importlib.metadata.PackageNotFoundError: No package metadata was found for myapp", ["myapp", "requirements"]),
        ("error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory", ['"build-essential"']),
        ("error: command 'gcc' failed: No such file or directory", ['"build-essential", "python3-dev"']),
        ("src/x.c:3:10: fatal error: Python.h: No such file or directory", ['"python3-dev"']),
        ("Error: pg_config executable not found.", ['"libpq-dev"']),
        ("fatal error: ffi.h: No such file or directory", ['"libffi-dev"']),
        ("Exception: Can not find valid pkg-config name.", ['"default-libmysqlclient-dev"']),
        ("because numpy==2.3 requires Python>=3.11 and you require", [">=3.11", "python ="]),
        ('connection to server at "127.0.0.1", port 5432 failed: Connection refused', ["127.0.0.1"]),
        ('FATAL:  password authentication failed for user "x"', ["authentication failed", "DATABASE_URL"]),
        ("ConnectionError: Error 111 connecting to localhost:6379. Connection refused.", ["localhost:6379"]),
        ("Permission denied: '/srv/x/releases/1/app/data/x.log'", ["write data/x.log", 'linked_dirs = ["data"]']),
        ("PermissionError: [Errno 13] Permission denied: 'notes.txt'", ['linked_files = ["notes.txt"]']),
        ("PermissionError: [Errno 13] Permission denied: 'uploads'", ['linked_dirs = ["uploads"]']),
        ("PermissionError: [Errno 13] Permission denied: 'data/a.txt'", ['linked_dirs = ["data"]']),
        ("Permission denied: '/srv/x/releases/1/app/shop/../.data'", ["write .data", 'linked_dirs = [".data"]']),
        ("Permission denied: '/var/log/x.log'", ["/var/log/x.log", "$SLIPWAY_SHARED"]),
        ("Permission denied: '/srv/x/venvs/1/lib/python3.11/site-packages/x/cache'", ["read-only", "SLIPWAY_SHARED"]),
        ("FileNotFoundError: [Errno 2] No such file or directory: '/srv/x/releases/1/app/logs/a'", ['["logs"]']),
        ("ModuleNotFoundError: No module named 'distutils'", ["up to 3.11", 'python = "3.11"']),
        ("ModuleNotFoundError: No module named 'tomllib'", ["since 3.11", "python ="]),
        ("ImportError: libpq.so.5: cannot open shared object file", ['packages = ["libpq5"]']),
        ("OSError: cannot load library 'libgobject-2.0-0': x", ["libpango"]),
        ("src/x.c:3:10: fatal error: odd.h: No such file or directory", ["odd.h", "apt-file"]),
        ("KeyError: \"Config 'API_KEY' is missing, and has no default.\"", ["API_KEY"]),
        ('Environment variable "WORKERS" invalid: ["Not a valid integer."]', ["value of WORKERS", "fab env"]),
        ("django.db.utils.OperationalError: unable to open database file", ["linked_files"]),
        ("OSError: [Errno 28] No space left on device", ["disk space"]),
    ],
)  # fmt: skip
def test_the_cause_is_found_in_the_log(text: str, words: list[str]) -> None:
    said = advice(f"some line before\n{text}\n")
    assert all(word in said for word in words), said


# What real tools printed, see the folder failures/: pip, uv, gunicorn, uvicorn and drivers of databases.
PRINTED = {
    "gunicorn-decouple": ["needs API_KEY in its environment"],
    "gunicorn-django-environ": ["needs API_KEY in its environment"],
    "gunicorn-environs": ["needs API_KEY in its environment"],
    "gunicorn-keyerror": ["needs DATABASE_URL in its environment"],
    "gunicorn-logfile": ["data/a.log", 'linked_dirs = ["data"]'],
    "gunicorn-mkdir": ["data/uploads", 'linked_dirs = ["data"]'],
    "gunicorn-no-app-module": ["module nosuch"],
    "gunicorn-no-attribute": ["app has no app", "wsgi ="],
    "gunicorn-no-metadata": ["metadata of the package shop-of-mine", "pyproject.toml"],
    "gunicorn-permission": ["data/shop.log", 'linked_dirs = ["data"]'],
    "gunicorn-psycopg-no-host": ["cannot use db.internal.invalid", "Name or service not known", "fab env"],
    "gunicorn-psycopg-refused": ["cannot use 127.0.0.1", "Connection refused", "fab env"],
    "gunicorn-psycopg2-refused": ["cannot use 127.0.0.1", "Connection refused", "fab env"],
    "gunicorn-pydantic-prefix": ["API_KEY", "env_prefix"],
    "gunicorn-pymysql-refused": ["cannot use 127.0.0.1", "Connection refused"],
    "gunicorn-redis-refused": ["cannot use 127.0.0.1:6399", "Connection refused"],
    "gunicorn-sqlalchemy-no-driver": ["add asyncpg"],
    "gunicorn-sqlalchemy-postgres-scheme": ["postgresql://"],
    "gunicorn-sqlalchemy-refused": ["cannot use 127.0.0.1", "Connection refused"],
    "gunicorn-sqlite": ["SQLite", "linked_dirs"],
    "gunicorn-syntax": ["app.py, line 1", "python ="],
    "gunicorn-syntax-312": ["app.py, line 1", "python ="],
    "gunicorn-typing-new": ["typing.override", "python ="],
    "pip-mysqlclient": ['"default-libmysqlclient-dev", "pkg-config"'],
    "pip-no-version": ["no flask==99.1"],
    "pip-pg-config": ['"libpq-dev"'],
    "pip-requires-python": ["Python >=3.14", "python ="],
    "uv-mysqlclient": ['"default-libmysqlclient-dev", "pkg-config"'],
    "uv-no-compiler": ['"build-essential", "python3-dev"'],
    "uv-no-header": ['"libldap2-dev"'],
    "uv-no-rust": ['"cargo", "rustc"'],
    "uv-no-version": ["no flask==99.1"],
    "uv-not-there": ["no no-such-package-zzz"],
    "uv-python-too-old": ["Python >=3.12", "python ="],
    "uv-uwsgi": ['"build-essential", "python3-dev"'],
    "uvicorn-keyerror": ["needs DATABASE_URL in its environment"],
    "uvicorn-no-attribute": ["app has no app"],
    "uvicorn-no-own-module": ["module shop", "chdir"],
    "uvicorn-pydantic": ["needs API_KEY, DATABASE_URL in its environment"],
}
FAILURES = Path(__file__).parent / "failures"


def test_every_kept_output_is_tested() -> None:
    assert {path.stem for path in FAILURES.iterdir()} == set(PRINTED)


@pytest.mark.parametrize("name", PRINTED)
def test_what_a_real_tool_printed_leads_to_what_to_do(name: str) -> None:
    said = advice((FAILURES / f"{name}.txt").read_text())
    assert all(word in said for word in PRINTED[name]), said
    assert "hush" not in said


@pytest.mark.parametrize("name", PRINTED)
def test_the_exception_is_shown_and_advised_although_pages_follow_and_no_secret_is(name: str) -> None:
    """As when Django mails all of its settings."""
    printed = (FAILURES / f"{name}.txt").read_text().splitlines()
    mail = [f"SETTING_{number} = '{number}'" for number in range(250)]
    mail += ["SECRET_KEY = 'hush-hush'", "DATABASE_URL: postgresql://shop:hush-hush@db/shop"]
    result = Result(1, "boot", "", "web ended", deque([*printed, *mail], maxlen=TAIL))
    said = told(outcome(failed("web1", "boot", result), until="boot"))
    assert all(word in said for word in PRINTED[name]), said
    exceptions = [line.strip() for line in printed if re.match(r"\s*[\w.]*(?:Error|NotSet|Configured)\b.*: ", line)]
    if any(line.startswith("Traceback") for line in printed) and exceptions:
        assert any(mask_secrets(line) in said for line in exceptions)
    assert "hush" not in said


@pytest.mark.parametrize(
    "text", ["", "nginx: [emerg] unknown directive", "KeyError: 'row'", "AssertionError", "exit 1"]
)
def test_an_unknown_cause_has_no_advice(text: str) -> None:
    assert advice(text) == ""


def test_an_index_that_refuses_the_credentials_is_no_missing_package() -> None:
    said = (
        "  cause: Because quiet was not found in the package registry and you require quiet, we can conclude that your "
        "requirements are unsatisfiable.\n\nhint: An index URL (http://127.0.0.1:8311/simple) could not be queried due "
        "to a lack of valid authentication credentials (401 Unauthorized)"
    )
    assert advice(said).startswith("The package index refuses the name and password (401): check the variables")


def test_a_database_that_refuses_is_told_with_the_url_that_was_read_and_from_where() -> None:
    said = 'psycopg.OperationalError: connection to server at "db.x", port 5432 failed: Connection refused'
    result = Result(1, "boot", "", "web ended", deque([said], maxlen=TAIL))
    ended = outcome(failed("web1", "boot", result), until="boot")
    settings = DatabaseSetting("DATABASE_URL", "prod.env", "db.x", "postgres://app:***@db.x/shop")
    text = "\n".join(report(ended, replace(ABOUT, databases={"web1": [settings]})))
    assert "It is set by DATABASE_URL = postgres://app:***@db.x/shop (prod.env)." in text


def test_a_damaged_venv_is_the_cause_whatever_else_was_printed() -> None:
    said = (
        "ModuleNotFoundError: No module named 'x'\nthe venv is damaged (python3.11/x.py is missing or has another size)"
    )
    assert advice(said) == "The venv on the host is damaged: deploy again, and it is made anew."
