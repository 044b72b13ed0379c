"""What `fab detect` says of an app, and that it can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.env.dotenv import Secret
from slipway.env.sources import literal
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.hosts_to_targets import sources_of
from slipway.operations.describe_app import AppDescription, describe_app
from slipway.operations.first_inventory import example_text
from slipway.output.app_description import app_description
from slipway.output.json_output import to_json
from tests.operations.test_required_variables import MANAGE
from tests.source.repo import Repo, nobodys_settings

SETTINGS = """import os
SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = os.environ.get("DEBUG", "True") == "True"
TOKEN_SECRET = os.environ.get("TOKEN_SECRET", "hunter2hunter2")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")
CSRF_TRUSTED_ORIGINS = os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",")
DATABASE = os.environ.get("DATABASE_URL", "postgres://localhost/shop")
PAGE = os.environ.get("PAGE_SIZE", "20")
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    nobodys_settings(monkeypatch, tmp_path)
    repo = Repo(tmp_path / "repo")
    repo.write("site/settings.py", SETTINGS)
    repo.write("site/urls.py", 'urlpatterns = [path("healthz/", up)]\n')
    repo.write("site/wsgi.py", "application = 1\n")
    repo.write(".env.example", "# comment\nSENTRY_DSN=\nPAGE_SIZE=20\n#OPTIONAL_THING=1\n")
    repo.write("app.json", '{"env": {\n"MAIL_KEY": {"description": "x"},\n"LANGS": "de"}}')
    repo.commit("Begin", manage_py=MANAGE, requirements_txt="django\npsycopg2==2.9\n")
    return repo


def look(repo: Repo, **env: str) -> AppDescription:
    given = literal({name: Secret(value) for name, value in env.items()})
    host = Host(name="web1", app=App(name="shop", source=repo.folder, domains=("a.org",)), sources=(given,))
    return describe_app(host, sources_of([host])[repo.folder])


def test_each_variable_is_told_with_its_place_and_how_it_stands(repo: Repo) -> None:
    found = {one.name: (one.state, one.where) for one in look(repo, PAGE_SIZE="10").variables}
    assert found == {
        "SECRET_KEY": ("missing", "site/settings.py:2"),
        "DEBUG": ("unfit", "site/settings.py:3"),
        "TOKEN_SECRET": ("unfit", "site/settings.py:4"),
        "ALLOWED_HOSTS": ("unfit", "site/settings.py:5"),
        "CSRF_TRUSTED_ORIGINS": ("default", "site/settings.py:6"),
        "DATABASE_URL": ("unfit", "site/settings.py:7"),
        "PAGE_SIZE": ("set", "site/settings.py:8"),
        "SENTRY_DSN": ("perhaps", ".env.example:2"),
        "OPTIONAL_THING": ("default", ".env.example:4"),
        "MAIL_KEY": ("perhaps", "app.json:2"),
        "LANGS": ("default", "app.json:3"),
    }


def test_the_lines_that_the_inventory_lacks_are_toml_that_would_do(repo: Repo) -> None:
    assert look(repo).inventory == (
        "[app]",
        'health = "/healthz/"  # if that answers 200',
        'packages = ["libpq-dev", "build-essential", "python3-dev"]',
        "",
        "[env]",
        'ALLOWED_HOSTS = { domains = "," }',
        'DATABASE_URL = ""',
        'DEBUG = "False"',
        "SECRET_KEY = { generate = 50 }",
        "TOKEN_SECRET = { generate = 50 }",
    )


def test_it_fits_eighty_columns_and_repeats_no_secret(repo: Repo) -> None:
    lines = app_description(look(repo), width=80)
    assert all(len(line) <= 80 for line in lines if not line.startswith("note:"))
    assert "hunter2" not in "\n".join(lines) and "hunter2" not in to_json(look(repo))
    assert any(line.split() == ["SECRET_KEY", "missing", "site/settings.py:2"] for line in lines)
    assert "kind          django, as manage.py says" in lines


def database(repo: Repo, settings: str, **env: str) -> str:
    repo.write("site/settings.py", f"import os\n{settings}\n")
    repo.commit("Change")
    return look(repo, **env).detected.get("database", "")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("DEBUG = False", "none: the settings name none"),
        ('DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/srv/x.db"}}', "SQLite"),
        ('URL = os.environ.get("DATABASE_URL", "")', "DATABASE_URL is not set"),
        ("from .base import DATABASES", ""),
    ],
)
def test_the_database_that_the_settings_name_is_told(repo: Repo, settings: str, told: str) -> None:
    assert database(repo, settings) == told


def test_a_database_url_that_is_set_decides(repo: Repo) -> None:
    settings = 'URL = os.environ.get("DATABASE_URL", "")'
    assert database(repo, settings, DATABASE_URL="postgres://db/x") == "as DATABASE_URL says"


def test_a_value_in_the_source_is_not_told_as_if_the_settings_read_it(repo: Repo) -> None:
    repo.write("site/settings.py", "SECRET_KEY = 'django-insecure-x'\nDEBUG = True\nALLOWED_HOSTS = []\n")
    repo.commit("Change")
    about = look(repo)
    key = next(one for one in about.variables if one.name == "SECRET_KEY")
    assert (key.read, key.state) == (False, "missing")
    assert any(
        line.split() == ["SECRET_KEY", "missing", "replaces", "site/settings.py:1"] for line in app_description(about)
    )
    assert "SECRET_KEY" not in example_text(about) and "SENTRY_DSN" in example_text(about)


def test_a_host_of_the_lab_needs_no_domains(repo: Repo) -> None:
    for lab, lacks in ((True, False), (False, True)):
        host = Host(name="web1", app=App(name="shop", source=repo.folder), lab=lab)
        about = describe_app(host, sources_of([host])[repo.folder])
        assert any(line.startswith("domains") for line in about.inventory) == lacks


def test_a_value_that_is_set_is_never_shown(repo: Repo) -> None:
    about = look(repo, SECRET_KEY="swordfish")
    assert "swordfish" not in to_json(about) + "\n".join(app_description(about))


def test_bool_of_a_text_is_switched_off_by_an_empty_one(repo: Repo) -> None:
    repo.write("site/settings.py", 'import os\nDEBUG = bool(os.environ.get("DEBUG", True))\n')
    repo.commit("Change")
    assert 'DEBUG = ""' in look(repo).inventory


def test_a_key_that_nobody_sets_or_that_differs_in_each_process_is_not_passed_over(repo: Repo) -> None:
    repo.write(
        "site/settings.py",
        "import os, secrets\n"
        "SECRET_KEY = os.environ.get('SECRET_KEY') or 'dev'\n"
        "APP_SECRET_KEY = os.getenv('APP_SECRET_KEY')\n"
        "JWT_SECRET_KEY = os.getenv('JWT_SECRET_KEY', secrets.token_urlsafe(32))\n"
        "AWS_SECRET_KEY = os.getenv('AWS_SECRET_KEY')\n"
        "HOSTS = os.getenv('SHOP_ALLOWED_HOSTS')\n"
        "ROOT = os.getenv('SITE_ROOT', 'http://localhost:8000')\n"
        "DB_HOST = os.getenv('DB_HOST', 'localhost')\n",
    )
    repo.commit("Read more")
    found = {one.name: (one.told, one.proposed) for one in look(repo).variables if one.where.startswith("site/")}
    assert found == {
        "SECRET_KEY": ("a secret that is in the source", "SECRET_KEY = { generate = 50 }"),
        "APP_SECRET_KEY": ("no key without it", "APP_SECRET_KEY = { generate = 50 }"),
        "JWT_SECRET_KEY": (
            "another key in each process: secrets.token_urlsafe(32)",
            "JWT_SECRET_KEY = { generate = 50 }",
        ),
        "AWS_SECRET_KEY": ("may be left out", ""),
        "SHOP_ALLOWED_HOSTS": ("names no domain without it", 'SHOP_ALLOWED_HOSTS = { domains = "," }'),
        "SITE_ROOT": ("names this machine: 'http://localhost:8000'", "SITE_ROOT = { url = true }"),
        "DB_HOST": ("default 'localhost'", ""),
    }


def test_secrets_of_a_committed_env_file_that_the_app_reads_are_not_passed_over(repo: Repo) -> None:
    repo.write("site/settings.py", "import os\nfrom dotenv import load_dotenv\nload_dotenv()\n"
               "ADMIN_PASSWORD = os.environ['ADMIN_PASSWORD']\n")  # fmt: skip
    repo.write(".env", "ADMIN_PASSWORD=changethis\n")
    repo.commit("Load")
    about = look(repo)
    (one,) = [one for one in about.variables if one.name == "ADMIN_PASSWORD"]
    assert (one.told, one.proposed) == ("a secret that is in .env", 'ADMIN_PASSWORD = ""')
    assert "changethis" not in to_json(about)


def test_how_a_variable_stands_can_be_read_in_a_narrow_terminal(repo: Repo) -> None:
    name, folder = "A_RATHER_LONG_NAME_OF_A_SECRET_KEY", "site/one/two/three/four"
    repo.write(f"{folder}/a_module_with_a_rather_long_name.py", f"import os\nKEY = os.environ.get('{name}', 'x')\n")
    repo.commit("Go deep")
    (line,) = [line for line in app_description(look(repo), width=80) if line.startswith(name)]
    assert "a secret" in line
    assert line.endswith("...rather_long_name.py:2")
    assert len(line) <= 80


def test_commands_that_packages_want_at_each_deploy_are_proposed(repo: Repo) -> None:
    repo.write("site/settings.py", "COMPRESS_OFFLINE = True\n")
    repo.commit("Compress", requirements_txt="django\ndjango-compressor\n")
    assert any(line.startswith('static_commands = ["compress"]') for line in look(repo).inventory)


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (
            {"migrations/env.py": "", "requirements.txt": "flask\nflask-migrate\n"},
            'migrate = "FLASK_APP=shop:app flask db upgrade"',
        ),
        ({"alembic.ini": "", "requirements.txt": "flask\nalembic\n"}, 'migrate = "alembic upgrade head"'),
    ],
)  # fmt: skip
def test_migrations_of_other_frameworks_are_proposed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], line: str
) -> None:
    nobodys_settings(monkeypatch, tmp_path)
    repo = Repo(tmp_path / "repo")
    for path, text in files.items():
        repo.write(path, text)
    repo.write("shop/__init__.py", "from flask import Flask\napp = Flask(__name__)\n")
    repo.commit("Begin")
    assert line in look(repo).inventory
    repo.write("Procfile", "release: upgrade\nweb: gunicorn shop:app\n")
    repo.commit("Declare it")
    assert line not in look(repo).inventory
