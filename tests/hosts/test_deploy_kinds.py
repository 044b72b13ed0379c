"""Apps of several kinds, as people have them, with hardly a setting."""

from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import Path

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.hosts import Hosts
from tests.hosts.project import ROOT, Project

HOST = "lab1"


@pytest.fixture(scope="module")
def fresh(new_project: NewProject, hosts: Hosts, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """What `django-admin startproject` makes, and a requirements.txt; not deployed yet."""
    folder = tmp_path_factory.mktemp("startproject")
    (folder / "requirements.txt").write_text("Django>=5.2,<5.3\n")
    project = new_project("fresh", folder)
    # The host's own uv makes it: this machine need not have Django.
    done = hosts.run(HOST, START)
    assert done.returncode == 0, done.stderr.decode()
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(project.repo)
    project.commit("django-admin startproject mysite")
    return project


def test_a_new_django_project_is_stopped_at_once_by_a_key_that_everybody_can_read(fresh: Project) -> None:
    run = fresh.failing()
    assert "SECRET_KEY (mysite/settings.py:" in run.err
    assert "SECRET_KEY = { generate = 50 }" in run.err
    assert fresh.on(HOST, "ls releases") == ""


def test_a_new_django_project_goes_live_without_a_change_of_it(fresh: Project) -> None:
    fresh.env["SECRET_KEY"] = {"generate": 50}
    fresh.configure()
    run = fresh.deploy()
    assert fresh.get(HOST, "/admin/login/").status == 200
    assert fresh.get(HOST, "/static/admin/css/base.css").status == 200
    missing = fresh.get(HOST, "/nothing")
    assert missing.status == 404
    assert "DEBUG" not in missing.text
    assert "production-settings" in run.text
    assert "db.sqlite3" in run.text, "that data is kept outside of the release is worth a word"


def test_settings_that_cannot_be_given_other_values_do_not_go_live_with_debug_nor_with_a_committed_key(
    fresh: Project,
) -> None:
    committed = (fresh.repo / "mysite/settings.py").read_text()
    fresh.edit("mysite/settings.py", f"{committed}\nSHOWN = DEBUG\n")
    assert "DEBUG" in fresh.failing().err
    fresh.edit("mysite/settings.py", committed.replace("DEBUG = True", "DEBUG = False") + "\nKEYS = [SECRET_KEY]\n")
    assert "SECRET_KEY" in fresh.failing().err
    fresh.edit("mysite/settings.py", committed)


def test_the_sqlite_database_of_a_new_django_project_survives_the_next_deploy(fresh: Project) -> None:
    manage = f"{fresh.base}/current/conf/run python manage.py shell -c"
    who = "" if fresh.hosts.rootless else "runuser -u fresh -- "
    make = "from django.contrib.auth.models import User; User.objects.create_user('ada')"
    fresh.on(HOST, f'{who}{manage} "{make}"')
    fresh.edit("mysite/added.py", "# something new\n")
    fresh.deploy()
    count = "from django.contrib.auth.models import User; print('users:', User.objects.filter(username='ada').count())"
    assert "users: 1" in fresh.on(HOST, f'{who}{manage} "{count}"')
    assert fresh.on(HOST, "readlink current/app/db.sqlite3").endswith("/shared/db.sqlite3")


def test_an_error_in_a_new_django_project_is_in_the_logs_with_its_traceback(fresh: Project) -> None:
    view = "def odd(request):\n    raise ValueError('odd' + request.path)\n\n"
    urls = (fresh.repo / "mysite/urls.py").read_text()
    fresh.edit("mysite/urls.py", view + urls.replace("urlpatterns = [", "urlpatterns = [\n    path('odd', odd),"))
    fresh.deploy()
    assert fresh.get(HOST, "/odd").status == 500
    logged = fresh.fab("logs", "--process=web", "--since=5m").out
    assert logged.count("ValueError: odd/odd") == 1
    assert "mysite/urls.py" in logged


def test_uploads_are_served_and_kept_wherever_media_lies(fresh: Project) -> None:
    paths = "STATIC_ROOT = BASE_DIR / 'public'\nMEDIA_URL = '/media/'\nMEDIA_ROOT = BASE_DIR / 'public/app/media'\n"
    fresh.write("mysite/settings.py", f"{(fresh.repo / 'mysite/settings.py').read_text()}\n{paths}")
    fresh.commit("Keep media among the static files")
    fresh.deploy()
    save = (
        "from django.core.files import storage, base; "
        "storage.default_storage.save('deep/a.txt', base.ContentFile('kept'))"
    )
    run = fresh.fab("run", f'--command=python manage.py shell -c "{save}"')
    assert run.code == 0, run.text
    assert fresh.get(HOST, "/media/deep/a.txt").text == "kept"
    assert fresh.get(HOST, "/static/admin/css/base.css").status == 200
    fresh.deploy("--force")
    assert fresh.get(HOST, "/media/deep/a.txt").text == "kept"
    assert fresh.fab("rollback").code == 0
    assert fresh.get(HOST, "/media/deep/a.txt").text == "kept"


def test_a_database_survives_media_that_move_into_its_folder_and_cannot_be_downloaded(fresh: Project) -> None:
    fresh.replace("mysite/settings.py", "BASE_DIR / 'db.sqlite3'", "BASE_DIR / 'data/db.sqlite3'")
    fresh.commit("Give the database a folder")
    assert "shared/db.sqlite3 is not used any more" in fresh.deploy().text
    who = "" if fresh.hosts.rootless else "runuser -u fresh -- "
    manage = f"{who}{fresh.base}/current/conf/run python manage.py shell -c"
    fresh.on(HOST, f"{manage} \"from django.contrib.auth.models import User; User.objects.create_user('eve')\"")
    fresh.replace("mysite/settings.py", "'public/app/media'", "'data'")
    fresh.commit("Keep media beside the database")
    assert "MEDIA_ROOT holds the database" in fresh.deploy().text
    count = "from django.contrib.auth.models import User; print('users:', User.objects.filter(username='eve').count())"
    assert "users: 1" in fresh.on(HOST, f'{manage} "{count}"')
    assert fresh.get(HOST, "/media/db.sqlite3").status == 404


def test_a_failing_migration_stops_before_anything_boots(fresh: Project) -> None:
    before, good = fresh.traces(), fresh.git("rev-parse", "HEAD")
    fresh.write("notes/__init__.py", "")
    fresh.write("notes/migrations/__init__.py", "")
    fresh.write("notes/migrations/0001_initial.py", MIGRATION)
    fresh.replace("mysite/settings.py", "INSTALLED_APPS = [", 'INSTALLED_APPS = [\n    "notes",')
    fresh.commit("Migrate what cannot be migrated")
    run = fresh.failing()
    for part in (HOST, "migrate", "manage.py migrate", "no such table: nowhere"):
        assert part in run.err
    assert "Boot and check" not in run.err
    assert fresh.get(HOST, "/admin/login/").status == 200
    assert fresh.traces() == before
    fresh.back_to(good)
    fresh.deploy()


def test_failing_static_files_stop_before_anything_boots(fresh: Project) -> None:
    before, good = fresh.traces(), fresh.git("rev-parse", "HEAD")
    settings = (fresh.repo / "mysite" / "settings.py").read_text()
    storage = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    fresh.write("mysite/settings.py", f'{settings}\nSTATICFILES_DIRS = [BASE_DIR / "assets"]\n{STORAGES % storage}')
    fresh.write("assets/style.css", "body { background: url(nothing-such.png) }\n")
    fresh.commit("Name a picture that is not there")
    run = fresh.failing()
    for part in (HOST, "static", "nothing-such.png"):
        assert part in run.err
    assert "Boot and check" not in run.err
    assert fresh.traces() == before
    fresh.back_to(good)
    fresh.deploy()


def test_the_flask_example_is_served(new_project: NewProject) -> None:
    project = new_project("flasky", ROOT / "examples" / "flask-hello")
    project.deploy()
    answer = project.get(HOST)
    assert answer.status == 200
    assert "Hello from Flask" in answer.text
    assert project.current(HOST) in answer.text


def test_the_fastapi_example_is_served_without_losing_a_request_between_two_releases(new_project: NewProject) -> None:
    project = new_project("fasty", ROOT / "examples" / "fastapi-hello", health="/healthz")
    project.deploy()
    old = project.current(HOST)
    assert json.loads(project.get(HOST).body)["release"] == old
    project.commit("Something new")
    project.deploy()
    assert json.loads(project.get(HOST).body)["release"] == project.current(HOST) != old


def test_an_app_with_a_server_of_its_own_is_served(new_project: NewProject, tmp_path: Path) -> None:
    (tmp_path / "serve.py").write_text(SERVER)
    (tmp_path / "requirements.txt").write_text("")
    project = new_project("owner", tmp_path, processes={"web": "python serve.py"}, health="/")
    project.deploy()
    assert re.fullmatch(r"own server of \S+", project.get(HOST).text)
    project.commit("Again")
    project.deploy()
    assert project.get(HOST).text == f"own server of {project.current(HOST)}"


START = r"""
set -e
export UV_CACHE_DIR=$(mktemp -d) UV_SYSTEM_CERTS=1
folder=$(mktemp -d)
uv=$(ls /opt/slipway/tools/bin/uv ~/slipway/.slipway/tools/bin/uv 2> /dev/null | head -n 1)
"${uv:-uv}" tool run -q --from 'django>=5.2,<5.3' django-admin startproject mysite "$folder" >&2
tar -C "$folder" -c .
rm -rf "$folder" "$UV_CACHE_DIR"
"""

MIGRATION = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    operations = [migrations.RunSQL("INSERT INTO nowhere VALUES (1)")]
"""

STORAGES = 'STORAGES = {"staticfiles": {"BACKEND": "%s"}}\n'

SERVER = """
import http.server
import os
import socket
import socketserver


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"own server of {os.environ['SLIPWAY_RELEASE']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "nginx"


socketserver.ThreadingUnixStreamServer(os.environ["SOCKET"], Handler).serve_forever()
"""
