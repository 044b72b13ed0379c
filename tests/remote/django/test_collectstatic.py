"""`collectstatic`: files end up where nginx and the app look, and the record proves what it claims."""

from __future__ import annotations

import pytest

from tests.remote.django_project import Project

MANIFEST = """
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}
"""


def test_a_project_without_static_root_is_given_one(project: Project) -> None:
    done = project.run("django.collectstatic")
    assert done.code == 0, done.text
    assert project.collected() == {"static/book/style.css", "static/book/paper.svg"}
    assert done.facts["static"] == {
        "collected": f"{project.root}/static",
        "url": "/static/",
        "folder": "static",
        "link": None,
        "outside": False,
    }
    assert done.facts["django"]["static"]["path"] is None


@pytest.mark.parametrize(
    ("settings", "folder", "link"),
    [
        ('STATIC_ROOT = BASE_DIR / "staticfiles"', "static", "staticfiles"),
        ('STATIC_ROOT = "build/static"', "static", "build/static"),
        ('STATIC_URL = "/assets/v1/"', "assets/v1", None),
        ('STATIC_URL = "https://cdn.example.org/x/"', "static", None),
    ],
)
def test_files_go_to_the_path_of_their_url(project: Project, settings: str, folder: str, link: str | None) -> None:
    project.settings(settings)
    done = project.run("django.collectstatic")
    assert done.code == 0, done.text
    assert (done.facts["static"]["folder"], done.facts["static"]["link"]) == (folder, link)
    assert f"{folder}/book/style.css" in project.collected()
    assert not (project.tree / "staticfiles").exists()


def test_hashed_names_are_found_through_the_link(project: Project) -> None:
    project.settings(f'STATIC_ROOT = BASE_DIR / "staticfiles"{MANIFEST}')
    done = project.run("django.collectstatic")
    assert "2 post-processed" in done.text
    assert "static/staticfiles.json" in project.collected()
    again = project.run("django.collectstatic")
    assert again.code == 0
    assert "0 static files copied" in again.text


def test_a_static_root_elsewhere_is_respected(project: Project) -> None:
    elsewhere = project.shared / "static"
    project.settings(f'STATIC_ROOT = "{elsewhere}"')
    static = project.run("django.collectstatic").facts["static"]
    assert (static["collected"], static["outside"]) == (str(elsewhere), True)
    assert (elsewhere / "book" / "style.css").exists()
    assert (project.root / "static").readlink() == elsewhere


def test_uploads_that_outlive_releases_are_linked_to_where_nginx_looks(project: Project) -> None:
    project.settings('MEDIA_URL = "/media/"\nMEDIA_ROOT = BASE_DIR / "media"')
    project.link("media")
    project.run("django.collectstatic")
    assert (project.root / "media").readlink() == project.shared / "media"


def test_what_must_become_a_link_in_the_source_is_written_down(project: Project) -> None:
    project.settings('STATIC_ROOT = BASE_DIR / "staticfiles"\nSTATIC_URL = "/assets/"')
    file = project.release / "link"
    project.run("django.collectstatic", link=str(file))
    assert file.read_text() == "staticfiles\nassets\n"


def test_a_project_without_the_staticfiles_app_has_nothing_to_collect(project: Project) -> None:
    project.settings('INSTALLED_APPS = ["book"]')
    done = project.run("django.collectstatic")
    assert done.code == 0
    assert done.facts["static"] is None


def test_a_reference_to_a_missing_file_fails_with_its_name(project: Project) -> None:
    project.settings(MANIFEST)
    (project.tree / "book/static/book/paper.svg").unlink()
    done = project.run("django.collectstatic")
    assert done.code == 1
    assert "The file 'book/paper.svg' could not be found" in done.text.split("\n")[-1]


def test_files_are_readable_by_nginx_whatever_the_umask(project: Project) -> None:
    project.run("django.collectstatic")
    for path in (project.root / "static", project.root / "static" / "book", project.root / "static/book/style.css"):
        assert path.stat().st_mode & 0o004


def test_the_record_names_what_decides_and_not_what_does_not(project: Project) -> None:
    done = project.run("django.collectstatic")
    assert done.facts["inputs"]["provable"] is True
    recorded = project.recorded()
    assert {"settings.py", "book/models.py", "book/static/book/style.css"} <= recorded
    assert not {"book", "book/views.py", "book/migrations/0001_initial.py"} & recorded


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ('os.environ["SLIPWAY_RELEASE"]', "it looks at SLIPWAY_RELEASE"),
        ("dict(os.environ)", "it looks at SLIPWAY_RELEASE"),
        ("import subprocess; subprocess.run('true')", "it starts a program"),
        ('open(BASE_DIR.parents[2] / "shared" / "version")', "/shared/version"),
        ('(BASE_DIR / "linked" / "name").read_text()', "app/linked/name"),
        ("import sqlite3; sqlite3.connect(':memory:')", "it asks a database"),
    ],
)
def test_what_cannot_be_known_leaves_no_record(project: Project, settings: str, why: str) -> None:
    (project.shared / "version").touch()
    project.link("linked")
    (project.shared / "linked" / "name").touch()
    project.settings(settings)
    done = project.run("django.collectstatic")
    assert done.code == 0, done.text
    assert done.facts["inputs"]["provable"] is False
    assert any(why in reason for reason in done.facts["inputs"]["why"])
    assert not project.record.exists()


def test_a_file_that_settings_read_is_an_input(project: Project) -> None:
    project.write("version.txt", "1")
    project.settings('VERSION = (BASE_DIR / "version.txt").read_text()\nKEY = os.environ.get("KEY")')
    done = project.run("django.collectstatic")
    assert "version.txt" in project.recorded()
    assert "KEY" in done.facts["inputs"]["env"]
