"""What `fab detect` proposes for [app]: data beside the code, migrations, static files, HTTPS."""

from __future__ import annotations

import pytest

from slipway.detect import detect
from slipway.detect.proposed_settings import proposed_settings
from slipway.inventory.app import App
from tests.detect.test_detect import FLASK, STARTPROJECT, Tree


def proposed(files: dict[str, str], **settings: object) -> list[str]:
    app = App(name="hello", **settings)  # type: ignore[arg-type]
    tree = Tree(dict(files))
    return list(proposed_settings(tree, app, detect(tree, app)))


HERE = "import os\nHERE = os.path.abspath(os.path.dirname(__file__))\n"


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (
            f"{HERE}DB = os.environ.get('DB') or 'sqlite:///' + os.path.join(HERE, 'app.db')",
            'linked_files = ["app.db"]',
        ),
        (f"{HERE}DB = f'sqlite:///{{HERE}}/data/app.db'", 'linked_files = ["data/app.db"]'),
        ("DB = 'sqlite+aiosqlite:///./shop.db'", 'linked_files = ["shop.db"]'),
        ("DB = 'sqlite:////var/lib/shop.db'", ""),
        ("DB = 'sqlite:///:memory:'", ""),
        ("import os\nos.makedirs('logs', exist_ok=True)", 'linked_dirs = ["logs"]'),
        (f"{HERE}def make():\n    os.mkdir(os.path.join(HERE, 'up', 'load'))", 'linked_dirs = ["up/load"]'),
        ("import os\nos.makedirs('/tmp/x')", ""),
    ],
)
def test_what_an_app_writes_beside_its_code_is_proposed_to_be_kept(code: str, line: str) -> None:
    files = {"app.py": f"import config\n{FLASK}", "config.py": f"{code}\n", "requirements.txt": "flask\n"}
    found = proposed(files)
    assert [one.partition("  # ")[0] for one in found] == ([line] if line else [])
    assert all(one.partition("  # ")[2].startswith("config.py:") for one in found)


def test_relative_databases_of_flask_sqlalchemy_lie_in_its_instance_folder() -> None:
    files = {"app.py": f"DB = 'sqlite:///x.db'\n{FLASK}", "requirements.txt": "flask\nflask-sqlalchemy\n"}
    assert proposed(files) == ['linked_files = ["instance/x.db"]  # app.py:1']
    assert proposed(files, linked_dirs=("instance",)) == []


def test_a_database_in_a_folder_that_is_kept_needs_no_line_of_its_own() -> None:
    code = "import os\nos.makedirs('data')\nDB = 'sqlite:///data/x.db'\n"
    assert proposed({"app.py": f"{code}{FLASK}"}) == ['linked_dirs = ["data"]  # app.py:2']


def test_static_files_that_were_collected_before_the_commit_are_left_as_they_are() -> None:
    settings = f"{STARTPROJECT['mysite/settings.py']}STATIC_ROOT = BASE_DIR / 'static'\n"
    files = {**STARTPROJECT, "mysite/settings.py": settings, "static/site.css": ""}
    assert proposed(files) == []
    (line,) = proposed({**files, "static/staticfiles.json": "{}"})
    assert line.startswith("static = false  # static/staticfiles.json is committed")


@pytest.mark.parametrize(
    ("value", "on"),
    [
        ("True", True),
        ("os.getenv('SECURE_SSL_REDIRECT', 'true').lower() == 'true'", True),
        ("env.bool('SECURE_SSL_REDIRECT', default=True)", True),
        ("env.bool('SECURE_SSL_REDIRECT', default=False)", False),
        ("False", False),
        ("not DEBUG", False),
    ],
)
def test_settings_that_redirect_to_https_want_https_in_the_inventory(value: str, on: bool) -> None:
    settings = f"{STARTPROJECT['mysite/settings.py']}SECURE_SSL_REDIRECT = {value}\n"
    files = {**STARTPROJECT, "mysite/settings.py": settings}
    assert [line.partition("  #")[0] for line in proposed(files)] == (["https = true"] if on else [])
    assert proposed(files, https=True) == []
