"""Settings of Django that only suit development: which of them a deploy gives another value, and when it does not."""

from __future__ import annotations

import pytest

from slipway.detect import detect, development_settings
from slipway.inventory.app import App
from tests.detect.test_detect import STARTPROJECT, Tree

PLAIN = "SECRET_KEY = 'django-insecure-x'\nDEBUG = True\nALLOWED_HOSTS = []\n"


def names(settings: str, app: App | None = None, **more: str) -> list[str]:
    others = {f"mysite/{name}.py": text for name, text in more.items()}
    files = {**STARTPROJECT, "mysite/settings.py": settings, **others}
    return [one.name for one in detect(Tree(dict(files)), app or App(name="shop")).production]


def test_what_startproject_writes_is_given_other_values() -> None:
    found = detect(Tree({**STARTPROJECT, "mysite/settings.py": PLAIN}), App(name="shop"))
    assert [(one.name, one.line) for one in found.production] == [("DEBUG", 2), ("SECRET_KEY", 1), ("ALLOWED_HOSTS", 3)]
    assert [one.where for one in development_settings.required(found.production)] == ["mysite/settings.py:1"]
    assert any(note.endswith("[production-settings]") for note in found.notes)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (PLAIN.replace("True", "False"), ["SECRET_KEY", "ALLOWED_HOSTS"]),
        (PLAIN.replace("True", "os.environ.get('DEBUG')"), ["SECRET_KEY", "ALLOWED_HOSTS"]),
        (f"{PLAIN}if DEBUG:\n    X = 1\n", ["SECRET_KEY", "ALLOWED_HOSTS"]),
        (f"{PLAIN}JWT = {{'SIGNING_KEY': SECRET_KEY}}\n", ["DEBUG", "ALLOWED_HOSTS"]),
        (f"{PLAIN}if x:\n    DEBUG = False\n", ["SECRET_KEY", "ALLOWED_HOSTS"]),
        (f"if x:\n    DEBUG = True\n{PLAIN.replace('DEBUG = True', '')}", ["SECRET_KEY", "ALLOWED_HOSTS"]),
        (PLAIN.replace("[]", "['*']"), ["DEBUG", "SECRET_KEY"]),
        (PLAIN.replace("[]", "['a.org']"), ["DEBUG", "SECRET_KEY", "ALLOWED_HOSTS"]),
        (f"{PLAIN}ALLOWED_HOSTS += more\n", ["DEBUG", "SECRET_KEY"]),
        (PLAIN.replace("'django-insecure-x'", "secret()"), ["DEBUG", "ALLOWED_HOSTS"]),
        (f"{PLAIN}try:\n    from .local_settings import *\nexcept ImportError:\n    pass\n", []),
        (f"{PLAIN}from somewhere import *\n", []),
        (f"{PLAIN}import django_heroku\ndjango_heroku.settings(locals())\n", []),
        (f"from django.conf.global_settings import *\n{PLAIN}", ["DEBUG", "SECRET_KEY", "ALLOWED_HOSTS"]),
    ],
)
def test_only_what_nothing_else_depends_on_is_touched(settings: str, expected: list[str]) -> None:
    assert names(settings) == expected


def test_all_modules_of_the_settings_count() -> None:
    assert names("from .base import *\n", base=PLAIN) == ["DEBUG", "SECRET_KEY", "ALLOWED_HOSTS"]
    assert names("from .base import *\nDEBUG = False\n", base=PLAIN) == ["SECRET_KEY", "ALLOWED_HOSTS"]


def test_what_the_inventory_allows_stays_as_it_is() -> None:
    assert names(PLAIN, App(name="shop", allow=("debug", "committed-secret-key"))) == ["ALLOWED_HOSTS"]
