"""`fab init` writes an app's first inventory, and overwrites nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.inventory import load
from slipway.operations.first_inventory import Server, server
from tests.source.repo import Repo

SETTINGS = """import os
SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")
DATABASE = os.environ["DATABASE_URL"]
"""
MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\n"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "guest_book 2"
    folder.mkdir()
    repo = Repo(folder)
    files = {"manage.py": MANAGE, "site1/settings.py": SETTINGS, "site1/wsgi.py": "application = None\n"}
    for name, text in {**files, "requirements.txt": "django\n"}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    repo.commit("Begin")
    return folder


def init(app: Path, root: Path, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(root / "slipway/cli/start.py"), "-r", str(root), "init", *words]
    environ = {name: value for name, value in os.environ.items() if name != "SLIPWAY_INVENTORY"}
    return subprocess.run(argv, cwd=app, env=environ, input=text, capture_output=True, text=True, check=False)


def test_the_inventory_is_whole_and_says_what_the_source_needs(app: Path, root: Path) -> None:
    done = init(app, root, "--servers=root@127.0.0.9:9,admin@[::1]:9", "--domains=www.example.org")
    assert done.returncode == 0, done.stderr
    inventory = load(app)
    assert [(host.address, host.admin, host.port) for host in inventory.hosts.values()] == [
        ("127.0.0.9", "root", 9),
        ("::1", "admin", 9),
    ]
    assert (inventory.default, inventory.hosts["web1"].app.name) == ("prod", "guest-book")
    text = (app / "inventory.toml").read_text()
    assert 'ALLOWED_HOSTS = { domains = "," }\nSECRET_KEY = { generate = 50 }\n' in text
    assert (app / "prod.env").read_text() == "DATABASE_URL=\n" and (app / "prod.env").stat().st_mode & 0o077 == 0
    assert (app / ".gitignore").read_text() == ".lab\nprod.env\n__pycache__/\n*.sqlite3\n"
    assert (app / ".env.example").read_text().splitlines()[:2] == ["# site1/settings.py:3", "ALLOWED_HOSTS="]
    assert "web1: cannot connect to root@127.0.0.9:9: Connection refused" in done.stdout
    assert done.stdout.splitlines()[-4:] == [
        "Next, once each server lets you in:",
        "  git add inventory.toml .env.example .gitignore && git commit -m 'Deploy with Slipway'",
        "  fab provision",
        "  fab deploy",
    ]


def test_nothing_is_overwritten(app: Path, root: Path) -> None:
    (app / ".gitignore").write_text("*.pyc\nprod.env")
    (app / ".env.example").write_text("MINE=\n")
    (app / "prod.env").write_text("DATABASE_URL=mine\n")
    assert init(app, root, "--servers=lab").returncode == 0
    assert (app / ".gitignore").read_text() == "*.pyc\nprod.env\n.lab\n__pycache__/\n*.sqlite3\n"
    assert [(app / name).read_text() for name in (".env.example", "prod.env")] == ["MINE=\n", "DATABASE_URL=mine\n"]
    before = (app / "inventory.toml").read_text()
    again = init(app, root, "--servers=root@192.0.2.1")
    assert again.returncode == 2 and "is there already, and stays as it is" in again.stderr
    assert (app / "inventory.toml").read_text() == before
    assert load(app).lab == ("lab1",)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "there is no server"),
        (["--servers=root@a b"], "'root@a b' is no server"),
        (["--servers=a,a"], "--servers names one twice"),
        (["--servers=lab,web1"], "the lab beside others"),
        (["--servers=web1", "--domains=http://x"], "--domains: 'http://x' is not a domain"),
        (["--servers=web1", "--name=Über"], "--name: 'Über' is not"),
    ],
)
def test_a_wrong_answer_writes_nothing(app: Path, root: Path, words: list[str], said: str) -> None:
    done = init(app, root, *words)
    assert done.returncode == 2 and said in done.stderr
    assert sorted(path.name for path in app.iterdir()) == [".git", "manage.py", "requirements.txt", "site1"]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("web1", Server("web1")),
        ("ubuntu@web1.example.org:2222", Server("web1.example.org", "ubuntu", 2222)),
        ("root@[2001:db8::1]:22", Server("2001:db8::1", "root", 22)),
        ("2001:db8::1", Server("2001:db8::1")),
        ("lab", Server("lab")),
    ],
)
def test_a_server_is_read_as_people_write_it(text: str, made: Server) -> None:
    assert server(text) == made
