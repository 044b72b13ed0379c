"""What kind of app a commit holds, from its files alone."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from slipway.core.errors import UsageError
from slipway.detect import Detected, detect
from slipway.detect.django_data_paths import evaluate
from slipway.inventory.app import App, Process

MANAGE = """
import os, sys
def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
    from django.core.management import execute_from_command_line
"""
WSGI = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")\napplication = x()\n'
# What `django-admin startproject` writes, without what does not matter here.
SETTINGS = """
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
WSGI_APPLICATION = 'mysite.wsgi.application'
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}
"""
STARTPROJECT = {
    "manage.py": MANAGE,
    "mysite/__init__.py": "",
    "mysite/settings.py": SETTINGS,
    "mysite/wsgi.py": WSGI,
    "mysite/asgi.py": WSGI,
    "requirements.txt": "Django>=5\n",
}
FLASK = "from flask import Flask\napp = Flask(__name__)\n"
PROJECT = "[project]\ndependencies = ['fastapi']\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"


class Tree:
    """A commit in memory."""

    def __init__(self, files: dict[str, str | bytes]) -> None:
        self.content = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}

    @property
    def files(self) -> frozenset[str]:
        return frozenset(self.content)

    def read(self, path: str) -> bytes:
        return self.content[path]


def found(files: dict[str, Any], without: str = "", **settings: Any) -> Detected:
    return detect(Tree({path: files[path] for path in files if path != without}), App(name="hello", **settings))


def refused(files: dict[str, Any], **settings: Any) -> UsageError:
    with pytest.raises(UsageError) as caught:
        found(files, **settings)
    assert "\n" not in str(caught.value)
    return caught.value


def under(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{path}": text for path, text in files.items()}


@pytest.mark.parametrize(
    "line", ["x = f" + ".b" * 900 + "()", "if " + "not " * 900 + "x: pass", "x = " + "1 + " * 5000 + "1"]
)
def test_source_that_is_nested_too_deeply_is_passed_over(line: str) -> None:
    assert found({"app.py": FLASK, "main.py": f"{line}\n", "requirements.txt": "flask\n"}).wsgi == "app:app"
    settings = f"{STARTPROJECT['mysite/settings.py']}\n{line}\n"
    assert found({**STARTPROJECT, "mysite/settings.py": settings}).kind == "django"


def test_a_project_file_that_is_nested_too_deeply_is_refused() -> None:
    error = refused({"app.py": FLASK, "pyproject.toml": f"x = {'[' * 5000}{']' * 5000}\n"})
    assert "pyproject.toml" in error.message


# Django


def test_a_startproject_is_django() -> None:
    detected = found(STARTPROJECT)
    assert (detected.kind, detected.chdir, detected.settings) == ("django", "", "mysite.settings")
    assert (detected.wsgi, detected.asgi, detected.target) == (
        "mysite.wsgi:application",
        None,
        "mysite.wsgi:application",
    )
    assert (detected.requirements.kind, detected.requirements.files) == ("requirements", ("requirements.txt",))
    assert (detected.servers, detected.server_needed) == (("gunicorn",), True)


def test_a_project_one_folder_down_is_found_with_its_folder() -> None:
    detected = found({**under("backend", STARTPROJECT), "package.json": "{}", "docs/manage.py": MANAGE})
    assert (detected.chdir, detected.wsgi) == ("backend", "mysite.wsgi:application")
    assert detected.requirements.files == ("backend/requirements.txt",)
    assert detected.databases == ("backend/db.sqlite3",)


def test_requirements_at_the_top_serve_a_project_in_a_folder() -> None:
    files = {**under("backend", STARTPROJECT), "requirements.txt": "Django\ngunicorn"}
    del files["backend/requirements.txt"]
    assert found(files).requirements.files == ("requirements.txt",)


def test_several_projects_ask_for_a_choice() -> None:
    both = {**under("a", STARTPROJECT), **under("b", STARTPROJECT)}
    error = refused(both)
    assert str(error) == "there are several Django projects: a/manage.py, b/manage.py"
    assert error.hint == 'Put one into [app]: chdir = "a" or chdir = "b"'
    assert found(both, chdir="b").chdir == "b"


def test_production_settings_in_wsgi_win_over_those_of_manage() -> None:
    files = {**STARTPROJECT, "mysite/wsgi.py": WSGI.replace("mysite.settings", "mysite.production")}
    files["mysite/production.py"] = "from .settings import *\nMEDIA_ROOT = BASE_DIR / 'media'\n"
    detected = found(files)
    assert detected.settings == "mysite.production"
    assert (detected.databases, detected.media) == (("db.sqlite3",), ("media",))
    assert any("mysite.production, as mysite/wsgi.py says" in note for note in detected.notes)
    assert found(files, settings="mysite.settings").settings == "mysite.settings"


def test_development_settings_are_told_if_there_are_others_for_production() -> None:
    files = {path.replace("settings.py", "settings/dev.py"): text for path, text in STARTPROJECT.items()}
    files |= {"mysite/wsgi.py": WSGI.replace(".settings", ".settings.dev"), "mysite/settings/production.py": ""}
    files["manage.py"] = MANAGE.replace(".settings", ".settings.dev")
    told = 'settings are mysite.settings.dev, a developer\'s by their name; app.settings = "mysite.settings.production"'
    assert any(note.startswith(told) for note in found(files).notes)
    assert not any("a developer's" in note for note in found(files, settings="mysite.settings.dev").notes)


@pytest.mark.parametrize(
    "line",
    [
        'os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"',
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", os.getenv("DJANGO_SETTINGS_MODULE", "mysite.settings"))',
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", config("DJANGO_SETTINGS_MODULE", default="mysite.settings"))',
        'import django; os.environ.setdefault(\n  "DJANGO_SETTINGS_MODULE",\n  "mysite.settings",\n)',
    ],
)
def test_settings_are_read_from_manage_however_it_is_written(line: str) -> None:
    files = {**STARTPROJECT, "manage.py": f"# django\nimport os\n{line}\n", "mysite/wsgi.py": "application = x()"}
    assert found(files).settings == "mysite.settings"


def test_the_callable_is_found_without_wsgi_application() -> None:
    files = {**STARTPROJECT, "mysite/settings.py": ""}
    assert found(files).wsgi == "mysite.wsgi:application"
    assert found(files, without="mysite/wsgi.py").asgi == "mysite.asgi:application"
    other = {**files, "config/wsgi.py": WSGI}
    assert found(other).wsgi == "mysite.wsgi:application"
    assert found(other, without="mysite/wsgi.py").wsgi == "config.wsgi:application"


def test_a_project_that_leaves_something_open_is_refused_with_the_key_to_set() -> None:
    bare = {**STARTPROJECT, "mysite/settings.py": ""}
    bare = {path: text for path, text in bare.items() if not path.endswith("sgi.py")}
    assert "app.wsgi" in refused(bare).hint
    assert "app.wsgi" in refused({**bare, "a/wsgi.py": WSGI, "b/wsgi.py": WSGI}).hint
    unset = {**STARTPROJECT, "manage.py": "import django", "mysite/wsgi.py": "application = x()"}
    assert "app.settings" in refused(unset).hint
    assert "app.requirements" in refused({p: t for p, t in STARTPROJECT.items() if p != "requirements.txt"}).hint
    assert str(refused({"app.py": FLASK}, kind="django")).startswith("app.kind is 'django', but there is no Django")


def test_what_the_inventory_says_about_django_wins() -> None:
    detected = found(STARTPROJECT, asgi="mysite.asgi:application", settings="mysite.other")
    assert (detected.wsgi, detected.asgi, detected.settings) == (None, "mysite.asgi:application", "mysite.other")
    assert detected.servers == ("gunicorn", "uvicorn-worker")
    assert "settings module mysite.other is not among the committed files [settings-missing]" in detected.notes
    assert found(STARTPROJECT, wsgi="a:b").wsgi == "a:b"


def test_a_manage_without_django_is_not_django() -> None:
    assert found({"manage.py": "from flask_script import Manager", "app.py": FLASK}).kind == "wsgi"


# Data inside the source


def test_data_that_settings_put_inside_the_source_is_told_with_the_remedy() -> None:
    detected = found(STARTPROJECT)
    assert detected.databases == ("db.sqlite3",)
    assert any('app.linked_files = ["db.sqlite3"]' in note for note in detected.notes)


def test_linked_data_is_not_told() -> None:
    data = SETTINGS.replace("'db.sqlite3'", "'data' / 'db.sqlite3'")
    files = {**STARTPROJECT, "mysite/settings.py": data}
    assert found(files).databases == ("data/db.sqlite3",)
    assert found(files, linked_dirs=("data",)).databases == ()
    assert found(files, linked_files=("data/db.sqlite3",)).databases == ()
    assert found(files, linked_dirs=("dat",)).databases == ("data/db.sqlite3",)


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        ("BASE / 'a' / 'b'", "/x/a/b"),
        ("os.path.join(BASE, 'a', 'b')", "/x/a/b"),
        ("str(BASE / 'a')", "/x/a"),
        ("BASE.joinpath('a')", "/x/a"),
        ("os.path.join(os.path.dirname(BASE), 'a')", "/a"),
        ("Path(BASE, 'a').resolve().parent", "/x"),
        ("(BASE / 'a' / 'b').parents[1]", "/x"),
        ("os.path.abspath(BASE)", "/x"),
        ("'db.sqlite3'", "db.sqlite3"),
        ("os.getenv('DB_NAME', BASE / 'a')", "/x/a"),
        ("os.environ.get('DB_NAME') or os.path.join(BASE, 'a')", "/x/a"),
        ("os.path.join(BASE, os.environ.get('NAME', 'a'))", "/x/a"),
        ("env('DB_NAME', default=BASE / 'a')", "/x/a"),
        ("Path(config.get('files', 'data', fallback=BASE / 'a'))", "/x/a"),
        ("os.getenv('DB_NAME')", None),
        ("config.get('files', BASE / 'a')", None),
        ("BASE / OTHER", None),
        ("BASE / get()", None),
        ("f'{BASE}/a'", None),
        ("env('DB')", None),
        ("BASE + 'a'", None),
        ("BASE.parents[9]", None),
        ("3", None),
    ],
)
def test_paths_are_read_from_settings_where_they_can_be(expression: str, path: str | None) -> None:
    from pathlib import PurePosixPath

    value = evaluate(ast.parse(expression, mode="eval").body, {"BASE": PurePosixPath("/x")})
    assert value == (PurePosixPath(path) if path else None)


@pytest.mark.parametrize("name", ["'/var/lib/db.sqlite3'", "':memory:'", "env('X')", "BASE_DIR.parent / 'x.db'"])
def test_a_database_elsewhere_is_no_worry(name: str) -> None:
    settings = SETTINGS.replace("BASE_DIR / 'db.sqlite3'", name)
    assert found({**STARTPROJECT, "mysite/settings.py": settings}).databases == ()


@pytest.mark.parametrize(
    ("databases", "sqlite"),
    [
        ("{'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': '/var/x'}}", True),
        ("{'default': {'ENGINE': 'django.contrib.gis.db.backends.spatialite', 'NAME': 'x'}}", True),
        ("{'default': {'ENGINE': 'django.db.backends.postgresql'}}", False),
        ("{'a': {'ENGINE': 'django.db.backends.sqlite3'}, 'b': {'ENGINE': 'django.db.backends.mysql'}}", False),
        ("{'default': {'ENGINE': os.environ['ENGINE']}}", False),
        ("{'default': dj_database_url.config(default={'ENGINE': 'django.db.backends.sqlite3'})}", False),
        ("{'default': env.db(default={'ENGINE': 'django.db.backends.sqlite3'})}", False),
        ("{'x': {'ENGINE': 'sqlite3'}} if not os.getenv('DATABASE_URL') else {}", False),
        ("{}", False),
    ],
)
def test_a_database_on_each_host_is_one_that_can_be_nothing_but_sqlite(databases: str, sqlite: bool) -> None:
    files = {**STARTPROJECT, "mysite/settings.py": f"WSGI_APPLICATION = 'a.b'\nDATABASES = {databases}\n"}
    assert found(files).sqlite is sqlite


def test_settings_that_cannot_be_parsed_or_import_each_other_are_survived() -> None:
    assert found({**STARTPROJECT, "mysite/settings.py": "def ("}).settings == "mysite.settings"
    circle = {"mysite/settings.py": "from .other import *", "mysite/other.py": "from .settings import *"}
    assert found({**STARTPROJECT, **circle}).wsgi == "mysite.wsgi:application"


# Other apps


@pytest.mark.parametrize(
    ("files", "interface", "target"),
    [
        ({"app.py": FLASK}, "wsgi", "app:app"),
        ({"main.py": FASTAPI}, "asgi", "main:app"),
        ({"main.py": FASTAPI, "app.py": "x = 1"}, "asgi", "main:app"),
        ({"wsgi.py": "from mine import app as application", "app.py": FASTAPI}, "wsgi", "wsgi:application"),
        ({"asgi.py": "from mine import app"}, "asgi", "asgi:app"),
        ({"app.py": "import flask\napp: flask.Flask = flask.Flask(__name__)"}, "wsgi", "app:app"),
        ({"app.py": "def application(environ, start): pass"}, "wsgi", "app:application"),
        ({"app.py": "async def app(scope, receive, send): pass"}, "asgi", "app:app"),
        ({"app.py": "from flask import Flask\ndef create_app(config=None): pass"}, "wsgi", "app:create_app()"),
        ({"app.py": "def create_app(config): pass", "main.py": FLASK}, "wsgi", "main:app"),
        (
            {"app.py": "try:\n    app = make()\nexcept E:\n    raise\n", "requirements.txt": "starlette"},
            "asgi",
            "app:app",
        ),
        ({"app/__init__.py": "", "app/main.py": FASTAPI}, "asgi", "app.main:app"),
        ({"shop/__init__.py": FLASK}, "wsgi", "shop:app"),
    ],
)
def test_the_callable_of_an_app_is_found(files: dict[str, str], interface: str, target: str) -> None:
    detected = found(files)
    assert (detected.kind, detected.chdir, detected.target) == (interface, "", target)
    assert (detected.wsgi is None) == (interface == "asgi")


def test_loose_modules_in_a_folder_run_from_there() -> None:
    detected = found({"api/main.py": FASTAPI, "api/requirements.txt": "fastapi", "web/index.html": ""})
    assert (detected.chdir, detected.asgi) == ("api", "main:app")
    assert detected.requirements.files == ("api/requirements.txt",)


def test_a_folder_that_the_inventory_names_is_searched_like_the_top() -> None:
    files = {"src/back/app/__init__.py": "", "src/back/app/main.py": FASTAPI, "src/back/pyproject.toml": PROJECT}
    assert found(files).chdir == "src/back"
    detected = found({**files, "app.py": FASTAPI}, chdir="src/back")
    assert (detected.chdir, detected.asgi) == ("src/back", "app.main:app")
    assert detected.requirements.files == ("src/back/pyproject.toml",)


def test_an_app_that_only_runs_by_hand_is_not_taken() -> None:
    assert "app.wsgi" in refused({"app.py": "if __name__ == '__main__':\n    app = 1\n"}).hint


def test_an_app_that_cannot_be_told_is_refused_with_the_keys_to_set() -> None:
    error = refused({"index.html": "", "broken.py": "def ("})
    assert str(error).startswith("cannot tell what kind of app this is")
    assert "app.wsgi or app.asgi" in error.hint
    assert str(refused({"a/app.py": FLASK, "b/main.py": FASTAPI})).startswith("several objects could serve the app: a/")


def test_what_the_inventory_says_about_an_app_wins() -> None:
    assert found({"app.py": FLASK}, asgi="other:thing").asgi == "other:thing"
    assert found({"app.py": FLASK}, kind="asgi").asgi == "app:app"
    assert found({}, wsgi="installed.package:app").wsgi == "installed.package:app"


def test_a_command_of_ones_own_for_web_needs_no_callable_and_no_server() -> None:
    own = {"web": Process(command="serve --socket $SOCKET")}
    assert found({"server.js": ""}, processes=own).target is None
    assert found({"server.js": ""}, processes=own).servers == ()
    bare = {path: text for path, text in STARTPROJECT.items() if "sgi" not in path and "settings" not in path}
    assert found(bare, processes=own).kind == "django"


@pytest.mark.parametrize(
    ("lines", "servers"),
    [
        ("fastapi", ("gunicorn>=23", "uvicorn-worker")),
        ("fastapi\nGunicorn[x]==23.0 ; python_version > '3'", ("gunicorn>=23", "uvicorn-worker")),
        ("gunicorn\nuvicorn_worker\nuvicorn", ("gunicorn>=23",)),
    ],
)
def test_servers_that_the_requirements_lack_are_added_and_a_version_of_the_inventory_wins(
    lines: str, servers: tuple[str, ...]
) -> None:
    assert found({"main.py": FASTAPI, "requirements.txt": lines}, server="gunicorn>=23").servers == servers


def test_a_server_that_the_requirements_name_is_theirs_where_the_inventory_names_no_version() -> None:
    assert found({"main.py": FASTAPI, "requirements.txt": "gunicorn==23\nuvicorn-worker\n"}).servers == ()


# The examples that come with Slipway


@pytest.mark.parametrize(
    ("name", "kind", "target"),
    [
        ("hello", "django", "hello.wsgi:application"),
        ("flask-hello", "wsgi", "app:app"),
        ("fastapi-hello", "asgi", "main:app"),
    ],
)
def test_the_examples_are_detected(root: Path, name: str, kind: str, target: str) -> None:
    folder = root / "examples" / name
    paths = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    detected = found({str(path.relative_to(folder)): path.read_bytes() for path in paths}, linked_dirs=("data",))
    assert (detected.kind, detected.target, detected.notes) == (kind, target, ())


def test_a_program_without_a_web_side_needs_neither_a_callable_nor_a_server() -> None:
    made = found({"bot.py": "print()\n"}, web=False, processes={"bot": Process(command="python bot.py")})
    assert (made.kind, made.target, made.servers) == ("program", None, ())
    with pytest.raises(UsageError) as caught:
        found({"bot.py": "print()\n"})
    assert "web = false" in caught.value.hint


def test_a_django_project_without_a_web_side_needs_no_wsgi() -> None:
    made = found(STARTPROJECT, "mysite/wsgi.py", web=False)
    assert (made.kind, made.target, made.servers) == ("django", None, ())


def test_a_server_of_asgi_chooses_the_asgi_callable_of_a_django_project() -> None:
    assert found(STARTPROJECT, server="uvicorn").target == "mysite.asgi:application"
    assert found(STARTPROJECT, server="uvicorn==0.34.0").servers == ("uvicorn==0.34.0",)
    assert found(STARTPROJECT, server="waitress").target == "mysite.wsgi:application"


def test_a_server_that_cannot_serve_the_app_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        found({"app.py": FLASK, "requirements.txt": "flask\n"}, server="daphne")
    assert "cannot serve a WSGI app" in str(caught.value)
    assert "gunicorn, hypercorn, granian, waitress or uwsgi" in caught.value.hint
