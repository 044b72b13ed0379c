"""Advice follows the cause that the log shows, whatever step it appeared in."""

from __future__ import annotations

import pytest

from slipway.output.known_failures import advice

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
        ("PermissionError: [Errno 13] Permission denied: '/srv/x/app/data/x.log'", ["data/x.log", "linked_dirs"]),
        ("django.db.utils.OperationalError: unable to open database file", ["linked_files"]),
        ("OSError: [Errno 28] No space left on device", ["disk space"]),
    ],
)  # fmt: skip
def test_the_cause_is_found_in_the_log(text: str, words: list[str]) -> None:
    said = advice(f"some line before\n{text}\n")
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    "text", ["", "nginx: [emerg] unknown directive", "KeyError: 'row'", "AssertionError", "exit 1"]
)
def test_an_unknown_cause_has_no_advice(text: str) -> None:
    assert advice(text) == ""
