"""A Django project on disk, as a release lays it down, and its remote programs run in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

from slipway.remote import program
from tests.remote.run_program import Done

SETTINGS = """
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent
SECRET_KEY = "a-secret"
ALLOWED_HOSTS = ["www.example.org", ".example.com"]
INSTALLED_APPS = ["django.contrib.staticfiles", "book"]
STATIC_URL = "static/"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "data" / "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""

MODELS = """
from django.db import models


class Page(models.Model):
    title = models.CharField(max_length=50)
"""

MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel("Page", [("id", models.BigAutoField(primary_key=True)), ("title", models.TextField())])
    ]
"""

IRREVERSIBLE = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("book", "0001_initial")]
    operations = [migrations.RunPython(lambda apps, editor: None)]
"""


class Project:
    """One release with a Django project."""

    def __init__(self, folder: Path, venv: Path) -> None:
        self.venv = venv
        self.release = folder / "releases" / "r1"
        self.tree = self.release / "app"
        self.collection = folder / "static" / "r1"
        self.root = self.collection / "files"
        self.shared = folder / "shared"
        self.record = folder / "record"
        self.environment = {"DJANGO_SETTINGS_MODULE": "settings", "SLIPWAY_RELEASE": "r1"}
        self.collection.mkdir(parents=True)
        self.shared.mkdir()
        self.write("settings.py", SETTINGS)
        self.write("book/__init__.py")
        self.write("book/models.py", MODELS)
        self.write("book/views.py")
        self.write("book/static/book/style.css", "body { background: url(paper.svg) }")
        self.write("book/static/book/paper.svg", "<svg/>")
        self.write("book/migrations/__init__.py")
        self.write("book/migrations/0001_initial.py", MIGRATION)

    def write(self, path: str, text: str = "") -> None:
        file = self.tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip())

    def settings(self, more: str) -> None:
        """Add lines to the settings."""
        self.write("settings.py", f"{SETTINGS}\n{textwrap.dedent(more)}")

    def link(self, path: str) -> None:
        """Make a folder of the source a link to shared/, as a deploy does."""
        shutil.rmtree(self.tree / path, ignore_errors=True)
        (self.shared / path).mkdir(parents=True)
        (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
        (self.tree / path).symlink_to(self.shared / path)

    def run(self, name: str, **options: Any) -> Done:
        """Run a remote program as the launcher of the release does."""
        defaults = {"tree": str(self.tree), "record": str(self.record), "domains": []}
        defaults["allow"] = ["committed-secret-key"]
        done = subprocess.run(
            [self.venv / "bin" / "python", "-", json.dumps({**defaults, **options})],
            input=program(name),
            cwd=self.tree,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, 0)

    def collect(self, *linked: str, **options: Any) -> Done:
        """Collect static files, and take them over, as a deploy does."""
        shutil.rmtree(self.collection)
        self.collection.mkdir()
        defaults = {"tree": str(self.tree), "domains": [], "allow": ["committed-secret-key"]}
        with tempfile.TemporaryFile("w+") as said:
            sent = subprocess.run(
                [self.venv / "bin" / "python", "-", json.dumps({**defaults, **options})],
                input=program("django.collectstatic").encode(),
                cwd=self.tree,
                env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **self.environment},
                stdout=subprocess.PIPE,
                stderr=said,
                check=False,
            )
            said.seek(0)
            return self.receive(sent.stdout, *linked, said=said.read())

    def receive(self, stream: bytes, *linked: str, said: str = "") -> Done:
        """Take over what an app hands over."""
        shared = str(self.shared)
        options = {"folder": str(self.collection), "tree": str(self.tree), "shared": shared, "linked": list(linked)}
        options["told"] = str(self.release.parent / "told")
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", program("django.receive_static_from_app"), json.dumps(options)],
            input=stream,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return Done(done.returncode, said + done.stdout.decode(), 0)

    def record_of(self, name: str) -> str | None:
        """What was written down of a collection."""
        file = self.collection / name
        return file.read_text() if file.exists() else None

    def recorded(self) -> set[str]:
        return set(self.record.read_text().split("\n")) - {""}

    def collected(self) -> set[str]:
        return {str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()}
