"""`collectstatic`: files end up where nginx and the app look, and the record proves what it claims."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from slipway.remote.django.databases_in_use import in_use
from tests.remote.django_project import Project

MANIFEST = """
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}
"""


def test_a_project_without_static_root_is_given_one(project: Project) -> None:
    done = project.collect()
    assert done.code == 0, done.text
    assert project.collected() == {"static/book/style.css", "static/book/paper.svg"}
    assert (project.record_of("place"), project.record_of("links")) == ("", "")


@pytest.mark.parametrize(
    ("settings", "folder", "place"),
    [
        ('STATIC_ROOT = BASE_DIR / "staticfiles"', "static", "staticfiles"),
        ('STATIC_ROOT = "build/static"', "static", "build/static"),
        ('STATIC_URL = "/assets/v1/"', "assets/v1", None),
        ('STATIC_URL = "https://cdn.example.org/x/"', "static", None),
        ('STATIC_URL = "/"\nMEDIA_URL = "/m/"\nSTATIC_ROOT = BASE_DIR / "staticfiles"', ".", "staticfiles"),
    ],
)
def test_files_go_to_the_path_of_their_url(project: Project, settings: str, folder: str, place: str | None) -> None:
    project.settings(settings)
    done = project.collect()
    assert done.code == 0, done.text
    assert project.record_of("place") == (f"{place}\n{folder}\n" if place else "")
    assert (project.root / folder / "book/style.css").is_file()
    assert not (project.tree / "staticfiles").exists()


def test_hashed_names_are_found_through_the_link(project: Project) -> None:
    project.settings(f'STATIC_ROOT = BASE_DIR / "staticfiles"{MANIFEST}')
    done = project.collect()
    assert "2 post-processed" in done.text
    assert "static/staticfiles.json" in project.collected()


def test_a_static_root_elsewhere_is_respected(project: Project) -> None:
    elsewhere = project.shared / "static"
    project.settings(f'STATIC_ROOT = "{elsewhere}"')
    done = project.collect()
    assert f"STATIC_ROOT ({elsewhere}) lies outside of the release" in done.output
    assert (elsewhere / "book" / "style.css").exists()
    assert project.record_of("links") == f"static\t{elsewhere}\n"


def test_a_static_root_below_a_linked_folder_never_leads_into_a_release(project: Project) -> None:
    project.link("var")
    project.settings('STATIC_ROOT = BASE_DIR / "var" / "static"')
    done = project.collect("var")
    assert "lies outside of the release" in done.output
    assert project.record_of("place") == ""
    assert project.record_of("links") == f"static\t{project.shared}/var/static\n"


def test_uploads_inside_of_static_root_stay_where_they_are(project: Project) -> None:
    project.link("public/media")
    project.settings('STATIC_ROOT = BASE_DIR / "public"\nMEDIA_ROOT = BASE_DIR / "public/media"\nMEDIA_URL = "/media/"')
    project.collect("public/media", "data")
    assert project.record_of("place") == "public\nstatic\n"
    assert project.record_of("links") == "".join(
        f"{name}\t{project.shared}/public/media\n" for name in ("media", "static/media")
    )


def test_uploads_that_outlive_releases_are_linked_to_where_nginx_looks(project: Project) -> None:
    project.settings('MEDIA_URL = "/media/"\nMEDIA_ROOT = BASE_DIR / "media"')
    project.link("media")
    project.collect("media")
    assert project.record_of("links") == f"media\t{project.shared}/media\n"


def test_a_project_without_the_staticfiles_app_has_nothing_to_collect(project: Project) -> None:
    project.settings('INSTALLED_APPS = ["book"]')
    done = project.collect()
    assert done.code == 0
    assert (project.collected(), project.record_of("place")) == (set(), "")


def test_a_reference_to_a_missing_file_fails_with_its_name(project: Project) -> None:
    project.settings(MANIFEST)
    (project.tree / "book/static/book/paper.svg").unlink()
    done = project.collect()
    assert done.code == 1
    assert "The file 'book/paper.svg' could not be found" in done.text.split("\n")[-1]


def test_files_are_readable_by_nginx_whatever_the_umask(project: Project) -> None:
    project.collect()
    for path in (project.root / "static", project.root / "static" / "book", project.root / "static/book/style.css"):
        assert path.stat().st_mode & 0o004


def test_the_record_names_what_decides_and_not_what_does_not(project: Project) -> None:
    done = project.collect()
    assert done.code == 0, done.text
    recorded = set((project.record_of("read") or "").splitlines())
    assert {"settings.py", "book/models.py", "book/static/book/style.css"} <= recorded
    assert not {"book", "book/views.py", "book/migrations/0001_initial.py"} & recorded


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ('os.environ["SLIPWAY_RELEASE"]', "it looks at SLIPWAY_RELEASE"),
        ("import subprocess; subprocess.run('true')", "it starts a program"),
        ('open(BASE_DIR.parents[2] / "shared" / "version")', "/shared/version"),
        ('(BASE_DIR / "linked" / "name").read_text()', "app/linked/name"),
        ("import sqlite3; sqlite3.connect(BASE_DIR.parents[2] / 'shared' / 'x.db')", "it asks a database"),
    ],
)
def test_what_cannot_be_known_leaves_no_record(project: Project, settings: str, why: str) -> None:
    (project.shared / "version").touch()
    project.link("linked")
    (project.shared / "linked" / "name").touch()
    project.settings(settings)
    done = project.collect()
    assert done.code == 0, done.text
    told = [line for line in done.text.splitlines() if line.startswith("the next deploy has to collect again")]
    assert any(why in line for line in told)
    assert project.record_of("read") is None


def test_files_in_shared_are_part_of_the_proof_whether_they_are_there_or_not(project: Project) -> None:
    project.link("linked")
    (project.shared / "linked").mkdir(exist_ok=True)
    (project.shared / "linked" / "name").write_text("x")
    absent = 'try:\n    open(BASE_DIR / "linked" / "absent")\nexcept OSError:\n    pass\n'
    project.settings(f'(BASE_DIR / "linked" / "name").read_text()\n{absent}')
    done = project.collect(shared=str(project.shared))
    assert done.code == 0, done.text
    assert "has to collect again" not in done.text
    lines = (project.record_of("read") or "").splitlines()
    outside = [line.partition("\t")[::2] for line in lines if line.startswith("/")]
    top = f"{project.shared.resolve()}/linked"
    assert [path for path, _ in outside] == [f"{top}/absent", f"{top}/name"]
    assert outside[0][1] == "-"


@pytest.mark.parametrize(
    "settings",
    [
        "import sqlite3; sqlite3.connect(':memory:').execute('SELECT 1')",
        "KNOWN = {name: value for name, value in os.environ.items() if name.startswith('SHOP_')}",
        "KNOWN = dict(os.environ)",
        "KNOWN = os.environ.copy(); assert 'SLIPWAY_RELEASE' not in KNOWN",
    ],
)
def test_what_comes_out_the_same_whatever_the_release_proves_something(project: Project, settings: str) -> None:
    """As Wagtail tries what SQLite can, and pretalx looks for variables of its own among all."""
    project.environment["SLIPWAY_RELEASE"] = "20260101-000000-abc1234"
    project.settings(settings)
    done = project.collect()
    assert done.code == 0, done.text
    assert "settings.py" in (project.record_of("read") or "").splitlines()


def test_a_file_that_settings_read_is_an_input(project: Project) -> None:
    project.write("version.txt", "1")
    project.settings('VERSION = (BASE_DIR / "version.txt").read_text()\nKEY = os.environ.get("KEY")')
    project.collect()
    assert "version.txt" in (project.record_of("read") or "").splitlines()


def test_commands_that_belong_to_the_collecting_write_what_is_served(project: Project) -> None:
    project.write("book/management/__init__.py")
    project.write("book/management/commands/__init__.py")
    project.write(
        "book/management/commands/compress.py",
        """
        from pathlib import Path
        from django.conf import settings
        from django.core.management.base import BaseCommand

        class Command(BaseCommand):
            def add_arguments(self, parser):
                parser.add_argument("--name")

            def handle(self, **options):
                Path(settings.STATIC_ROOT, options["name"]).write_text("small")
        """,
    )
    project.settings('STATIC_ROOT = BASE_DIR / "staticfiles"')
    done = project.collect(commands=["compress --name='a b.css'"])
    assert done.code == 0, done.text
    assert (project.root / "static" / "a b.css").read_text() == "small"


def test_what_an_app_prints_is_no_word_of_ours(project: Project) -> None:
    project.settings("import os; os.write(1, b'\\x01done 3 0\\nfile 3 2\\nx'); print('hello from settings')")
    done = project.collect()
    assert done.code == 0, done.text
    assert "hello from settings" in done.text
    assert project.collected() == {"static/book/style.css", "static/book/paper.svg"}


def report(**values: object) -> bytes:
    text = json.dumps({"folder": "static", "place": None, "links": {}, "read": [], **values}).encode()
    return b"report %d\n%b" % (len(text), text)


def file(name: bytes, content: bytes = b"x") -> bytes:
    return b"file %d %d\n%b%b" % (len(name), len(content), name, content)


@pytest.mark.parametrize(
    "stream",
    [
        file(b"../../evil") + report(),
        file(b"/etc/evil") + report(),
        file(b"a/./b") + report(),
        file(b"a//b") + report(),
        file(b"a\nb") + report(),
        file(b"a\0b") + report(),
        file(b"a" * 300) + report(),
        file(b"a") + file(b"a") + report(),
        file(b"a") + file(b"a/b") + report(),
        report(place="../../../../home/deploy/.bashrc"),
        report(place="a\nb"),
        report(links={"../up": "/etc"}),
        report(links={"media": "etc"}),
        report(links={"media": "/a/../etc"}),
        report(links={"media": "/a\tb"}),
        b"file 1 100000000000000000\na",
        b"file 1 10\nabc",
        b"file 99999 1\n",
        b"report 99999999999\n{}",
        b"report 2\n[]",
        b"report 7\n" + b"[" * 7,
        b"link 1 1\nab",
        b"",
    ],
)  # fmt: skip
def test_what_is_no_plain_file_is_not_taken_over(project: Project, stream: bytes) -> None:
    before = {path for path in project.collection.parents[1].rglob("*") if not path.is_relative_to(project.collection)}
    done = project.receive(stream)
    assert done.code == 1, done.text
    assert "Traceback" not in done.text
    assert {*project.collection.parents[1].rglob("*")} - before <= {*project.collection.rglob("*"), project.collection}


def test_notes_of_an_app_are_single_lines_without_control_characters(project: Project) -> None:
    done = project.receive(report(notes=["a\nb\x1b[31m\x01done 3 0"], summary="\x01fail x"))
    assert done.code == 0
    assert done.output.splitlines() == [" fail x", "\x01note a b [31m done 3 0"]


RANDOM = "import secrets\nSECRET_KEY = secrets.token_hex()"


@pytest.mark.parametrize(
    ("settings", "risk", "said"),
    [
        ("DEBUG = True", "debug", "DEBUG is on"),
        ("", "committed-secret-key", "SECRET_KEY stands in the committed source"),
        (RANDOM, "unstable-secret-key", "SECRET_KEY is another one in each process"),
    ],
)
def test_a_project_that_collects_nothing_is_judged_all_the_same(
    project: Project, settings: str, risk: str, said: str
) -> None:
    project.settings(settings)
    allow = {"debug", "committed-secret-key", "unstable-secret-key"}
    how = {"nothing": True, "compare_keys": True}
    done = project.collect(**how, allow=sorted(allow - {risk}))
    assert done.code == 1
    assert said in done.output
    assert f'set allow = ["{risk}"]' in done.output
    done = project.collect(**how, allow=sorted(allow))
    assert done.code == 0, done.text
    assert f"{said}" in done.output
    assert (project.collected(), project.record_of("links"), project.record_of("place")) == (set(), "", "")


def test_keys_that_workers_compare_are_not_compared_here(project: Project) -> None:
    project.settings(RANDOM)
    assert project.collect(allow=[]).code == 0


def test_a_committed_static_root_is_told(project: Project) -> None:
    project.settings('STATIC_ROOT = BASE_DIR / "staticfiles"')
    assert "is committed" not in project.collect().output
    project.write("staticfiles/own.css", "body {}")
    done = project.collect()
    assert done.code == 0, done.text
    assert "staticfiles is committed, and is STATIC_ROOT" in done.output
    assert "[static-root-committed]" in done.output


def test_a_static_root_where_the_app_may_not_write_is_not_taken_for_data(project: Project) -> None:
    project.settings(
        """
        STATIC_ROOT = "/proc/app/static"
        STORAGES = {"staticfiles": {"BACKEND": "book.storage.Denied"}}
        """
    )
    project.write(
        "book/storage.py",
        """
        from django.contrib.staticfiles.storage import StaticFilesStorage
        class Denied(StaticFilesStorage):
            def _save(self, name, content):
                raise PermissionError(13, "Permission denied", "/proc/app")
        """,
    )
    done = project.collect()
    assert done.code == 1
    assert "STATIC_ROOT (/proc/app/static) lies outside of the source" in done.output
    assert "linked_dirs" not in done.output


@pytest.mark.parametrize(
    ("databases", "told"),
    [
        ('{"ENGINE": "django.db.backends.sqlite3", "NAME": SHARED + "/db.sqlite3"}', "SQLite, on this host alone: "),
        ('{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}', "SQLite in memory: nothing"),
        ('{"ENGINE": "django.db.backends.dummy"}', "the settings name no database: the app runs without one"),
        ("None", "the settings name no database: the app runs without one"),
    ],
)
def test_which_database_is_used_is_told_once(project: Project, databases: str, told: str) -> None:
    default = f'{{"default": {databases}}}' if databases != "None" else "{}"
    project.settings(f'SHARED = "{project.shared}"\nDATABASES = {default}')
    done = project.collect()
    assert done.code == 0, done.text
    assert f"{told}" in done.output and " [database]" in done.output
    (project.release.parent / "told").write_text(project.record_of("told") or "")
    assert " [database]" not in project.collect().output


def test_a_database_server_elsewhere_needs_no_word_and_one_of_this_host_does() -> None:
    engine = "django.db.backends.postgresql"
    used = [{"alias": "default", "engine": engine, "path": None, "lost": False}]
    for host, told in (("db.example.org", []), ("", ["empty"]), ("localhost", ["localhost"]), ("/run/pg", ["/run/pg"])):
        settings = SimpleNamespace(DATABASES={"default": {"ENGINE": engine, "HOST": host}})
        expected = [f"the database is postgresql on this host itself (HOST is {name})" for name in told]
        assert list(in_use(settings, used)) == expected
