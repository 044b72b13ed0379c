"""Each layout of examples/layouts is detected without a setting: entry point, interface, folder, processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.detect import Detected, detect
from slipway.inventory.app import App
from tests.detect.test_detect import Tree, found, refused

LAYOUTS = {
    "bottle": ("wsgi", "", "app:app"),
    "django-src": ("django", "", "site_of_mine.wsgi:application"),
    "falcon": ("wsgi", "", "app:app"),
    "falcon-asgi": ("asgi", "", "app:api"),
    "fastapi-package": ("asgi", "", "api.main:app"),
    "flask-factory": ("wsgi", "", "shop:create_app()"),
    "flask-module": ("wsgi", "", "hello:app"),
    "flask-src": ("wsgi", "", "shop.web:app"),
    "litestar": ("asgi", "", "app:app"),
    "monorepo": ("wsgi", "services/shop", "main:app"),
    "plain-asgi": ("asgi", "", "asgi:app"),
    "plain-wsgi": ("wsgi", "", "wsgi:application"),
    "procfile": ("wsgi", "backend", "shop:make()"),
    "procfile-port": ("wsgi", "", None),
    "pyramid-ini": ("wsgi", "", "pyramid.paster:get_app('production.ini')"),
    "quart": ("asgi", "", "app:app"),
    "starlette": ("asgi", "", "app:app"),
}  # fmt: skip
MAKE = "from fastapi import FastAPI\ndef make():\n    return FastAPI()\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n"


def detected(root: Path, name: str) -> Detected:
    folder = root / "examples" / "layouts" / name
    paths = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return detect(Tree({str(path.relative_to(folder)): path.read_bytes() for path in paths}), App(name="hello"))


def test_every_example_of_a_layout_is_tested(root: Path) -> None:
    assert {path.name for path in (root / "examples" / "layouts").iterdir() if path.is_dir()} == set(LAYOUTS)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_detected_without_a_setting(root: Path, name: str) -> None:
    one = detected(root, name)
    assert (one.kind, one.chdir, one.target) == LAYOUTS[name]
    assert one.notes == ()
    assert one.place


def test_folders_that_are_imported_from_are_told(root: Path) -> None:
    paths = {name: detected(root, name).python_path for name in LAYOUTS}
    assert {name: path for name, path in paths.items() if path} == {"flask-src": ("src",), "django-src": ("src",)}


def test_what_a_procfile_declares_is_detected(root: Path) -> None:
    one = detected(root, "procfile")
    assert one.declared_in == one.place == "Procfile"
    assert one.processes == {"worker": "cd .. && cd backend && exec python -u mails.py"}
    assert one.release_command == "cd .. && python backend/tables.py"


@pytest.mark.parametrize(
    "lines",
    [
        "sys.path.append('apps')",
        "sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'apps'))",
        "sys.path += [str(Path(__file__).parent / 'apps')]",
        "here = Path(__file__).parent.resolve()\n    sys.path.append(str(here / 'apps'))",
        "sys.path.extend(['/usr/share/x', 'apps', unknown()])",
    ],
)
def test_folders_that_manage_adds_to_sys_path_are_read(lines: str) -> None:
    manage = (
        f"# django\ndef main():\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mine.settings')\n    {lines}\n"
    )
    files = {
        "manage.py": manage,
        "apps/mine/settings.py": "WSGI_APPLICATION = 'mine.wsgi.application'\n",
        "apps/mine/wsgi.py": "application = 1\n",
        "requirements.txt": "django\n",
    }
    one = found(files)
    assert (one.python_path, one.settings, one.notes) == (("apps",), "mine.settings", ())
    assert found({f"back/end/{path}": text for path, text in files.items()}).python_path == ("back/end/apps",)


@pytest.mark.parametrize("folder", ["src", "backend/site", "services/web/project"])
def test_manage_is_found_wherever_it_lies_alone(folder: str) -> None:
    files = {"manage.py": "import django", "mine/settings.py": "WSGI_APPLICATION = 'mine.wsgi.application'"}
    below = {f"{folder}/{path}": text for path, text in files.items()}
    others = {
        "tests/demo/manage.py": "import django",
        "{{project}}/manage.py": "import django",
        "requirements.txt": "django",
    }
    assert found({**below, **others}, settings="mine.settings").chdir == folder


@pytest.mark.parametrize(
    ("files", "interface", "target"),
    [
        ({"wsgi.py": "from shop import make\napp = make()", "shop/__init__.py": MAKE}, "asgi", "wsgi:app"),
        ({"main.py": "from shop.web import app", "shop/web.py": FLASK}, "wsgi", "main:app"),
        ({"main.py": "import typer\napp = typer.Typer()", "server.py": FLASK}, "wsgi", "server:app"),
        ({"app.py": "from flask import Flask\nsite = Flask(__name__)"}, "wsgi", "app:site"),
        ({"bin/__init__.py": "from .core import *", "bin/core.py": FLASK}, "wsgi", "bin:app"),
        ({"find/__init__.py": "", "find/webapp.py": f"{FLASK}application = app\n"}, "wsgi", "find.webapp:application"),
        ({"a/b/__init__.py": "", "a/__init__.py": "", "a/b/app.py": FLASK}, "wsgi", "a.b.app:app"),
        ({"app.py": "def create_app(*, debug=False): pass"}, "wsgi", "app:create_app()"),
        ({"hello/__init__.py": FLASK, "other/__init__.py": FLASK}, "wsgi", "hello:app"),
    ],
)
def test_the_callable_is_found_wherever_it_is_made(files: dict[str, str], interface: str, target: str) -> None:
    one = found({**files, "requirements.txt": "fastapi\nflask\n"})
    assert (one.kind, one.target) == (interface, target)


def test_several_candidates_are_named_with_the_lines_that_decide() -> None:
    error = refused({"a/app.py": FLASK, "b/main.py": FLASK})
    assert str(error) == "several objects could serve the app: a/app:app (a/app.py:2), b/main:app (b/main.py:2)"
    assert error.hint.endswith('chdir = "a" and wsgi = "app:app"; or chdir = "b" and wsgi = "main:app"')


def test_a_factory_that_needs_arguments_is_named() -> None:
    error = refused({"shop/__init__.py": "from flask import Flask\n\ndef create_app(config): pass\n"})
    assert str(error) == "shop/__init__.py, line 3: create_app makes the app, but needs arguments"
    assert "shop:create_app('production')" in error.hint
