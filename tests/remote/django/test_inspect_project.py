"""`inspect_project`: the facts of a project, and what it says about an app that does not load."""

from __future__ import annotations

import pytest

from tests.remote.django_project import Project


def test_an_ordinary_project_is_described(project: Project) -> None:
    project.link("data")
    done = project.run("django.inspect_project", domains=["www.example.org", "shop.example.com"])
    assert (done.code, done.text.split(" (")[0]) == (0, "warning: SECRET_KEY stands in the committed source")
    facts = done.facts["django"]
    assert facts["django"].startswith("5.2")
    assert (facts["debug"], facts["insecure_key"], facts["refused"]) == (False, False, [])
    database = project.shared / "data" / "db.sqlite3"
    assert facts["warnings"] == [["database", f"the database is SQLite, on this host alone: {database}"]]
    assert facts["databases"][0] == {
        "alias": "default",
        "engine": "django.db.backends.sqlite3",
        "path": f"{project.tree}/data/db.sqlite3",
        "inside": "data/db.sqlite3",
        "lost": False,
    }


def test_what_would_be_lost_with_the_release_is_warned_of(project: Project) -> None:
    project.settings('MEDIA_ROOT = BASE_DIR / "media"\nDATABASES["other"] = {**DATABASES["default"], "NAME": "db"}')
    done = project.run("django.inspect_project")
    assert [place["lost"] for place in done.facts["django"]["databases"]] == [True, True]
    assert done.text.split("\n")[1:] == [
        'warning: MEDIA_ROOT lies in the release (media): it would be lost. Add linked_dirs = ["media"].',
        "warning: The database 'default' lies in the release (data/db.sqlite3): it would be lost. "
        'Add linked_dirs = ["data"].',
        "warning: The database 'other' lies in the release (db): it would be lost. Add linked_files = [\"db\"].",
    ]


@pytest.mark.parametrize("name", ['":memory:"', '"file:memorydb?mode=memory&cache=shared"', '"/srv/elsewhere/db"'])
def test_a_database_elsewhere_is_not_lost(project: Project, name: str) -> None:
    project.settings(f'DATABASES["default"]["NAME"] = {name}')
    done = project.run("django.inspect_project")
    assert "lost" not in done.text
    assert done.facts["django"]["databases"][0]["lost"] is False


def test_what_visitors_would_run_into_is_warned_of(project: Project) -> None:
    project.settings('DEBUG = True\nSECRET_KEY = "django-insecure-" + "x"')
    domains = ["other.org", "*.example.com"]
    done = project.run("django.inspect_project", domains=domains, https=True, own_server=True)
    assert done.facts["django"]["refused"] == ["other.org"]
    for warning in ("DEBUG is on", "SECRET_KEY begins", "does not allow other.org", "SECURE_PROXY_SSL_HEADER is not"):
        assert f"warning: {warning}" in done.text or warning in done.text


def test_behind_our_own_server_django_takes_the_scheme_from_nginx(project: Project) -> None:
    assert "SECURE_PROXY_SSL_HEADER" not in project.run("django.inspect_project", https=True).text


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ('os.environ["DATABASE_PASSWORD"]', "The app needs DATABASE_PASSWORD in its environment: set it in [env]"),
        ('SECRET_KEY = ""', "The app has no SECRET_KEY: `SECRET_KEY = { generate = 50 }` in [env]"),
        ('INSTALLED_APPS += ["rest_framework"]', "The module 'rest_framework' is not there: is its package among"),
        ('open("/sys/kernel/no", "w")', "The app wants to write /sys/kernel/no, which it cannot"),
        ("1 / 0", "Django cannot load the app: ZeroDivisionError: division by zero"),
    ],
)
def test_an_app_that_does_not_load_is_told_what_it_lacks(project: Project, settings: str, advice: str) -> None:
    project.settings(settings)
    done = project.run("django.inspect_project")
    assert done.code == 1
    assert any(line.startswith(advice) for line in done.text.split("\n")[-3:]), done.text


def test_the_line_of_the_settings_that_fails_is_shown(project: Project) -> None:
    project.settings("1 / 0")
    assert 'settings.py", line' in project.run("django.inspect_project").text


def test_a_wrong_settings_module_is_named(project: Project) -> None:
    project.environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
    done = project.run("django.inspect_project")
    assert "There is no settings module 'config.settings': name the right one" in done.text


def test_a_settings_module_in_src_is_not_said_to_be_missing_and_the_advice_works(project: Project) -> None:
    (project.tree / "src" / "config").mkdir(parents=True)
    (project.tree / "settings.py").rename(project.tree / "src" / "config" / "settings.py")
    project.environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
    told = project.run("django.inspect_project").text
    assert "There is no settings module" not in told
    assert "The settings module 'config.settings' lies in src/" in told
    assert 'set PYTHONPATH = "src" in [env]' in told
    project.environment["PYTHONPATH"] = "src"
    assert project.run("django.inspect_project").code == 0
