"""What Django's settings and manage.py say without being run: places of data, and which settings module it is."""

from __future__ import annotations

import pytest

from tests.detect.test_detect import FLASK, STARTPROJECT, found, refused


@pytest.mark.parametrize(
    "function",
    [
        "place = lambda x: os.path.join(os.path.dirname(os.path.realpath(__file__)), x)",
        "def place(*parts):\n    return os.path.join(os.path.dirname(__file__), *parts)",
        "def place(name: str) -> Path:\n    return Path(__file__).parent / name",
    ],
)
def test_functions_of_the_settings_that_make_paths_are_followed(function: str) -> None:
    settings = (
        f"import os\n{function}\nMEDIA_ROOT = place('public')\nDATABASES = {{'default': {{'ENGINE':"
        " os.getenv('DB_ENGINE') or 'django.db.backends.sqlite3', 'NAME': os.getenv('DB_NAME', place('db'))}}\n"
    )
    one = found({**STARTPROJECT, "mysite/settings.py": settings})
    assert (one.media, one.databases) == (("mysite/public",), ("mysite/db",))
    assert not one.sqlite  # the environment may name another engine


def test_a_manage_py_that_names_django_in_a_comment_alone_is_none_of_django() -> None:
    manage = '"""Start the command line, as Django projects do."""\nfrom app.cli import main\nmain()\n'
    assert found({"manage.py": manage, "app/__init__.py": FLASK}).kind == "wsgi"


def test_a_project_that_leaves_its_settings_to_the_environment_is_told_those_that_it_has() -> None:
    apps = "INSTALLED_APPS = []\n"
    others = {f"mysite/settings/{name}.py": apps for name in ("base", "production", "test", "local")}
    bare = {path: text for path, text in STARTPROJECT.items() if "settings" not in path and "sgi" not in path}
    error = refused({**bare, **others, "manage.py": "import django", "mysite/wsgi.py": "application = x()"})
    assert error.hint == (
        'Put one into [app]: settings = "mysite.settings.production" or "mysite.settings.base" or'
        ' "mysite.settings.local".'
    )


def test_a_database_among_tests_is_no_data_of_the_app() -> None:
    assert found({**STARTPROJECT, "tests/fixtures/map.db": "", "docs/demo.sqlite3": ""}).losses == ()
    assert len(found({**STARTPROJECT, "maps/map.db": ""}).losses) == 1
