"""`manage`: runs a command of manage.py as usual, and records which files it read."""

from __future__ import annotations

import os
from typing import Any

from slipway.remote.django.run_inputs import file_state
from tests.remote.django_project import Project

MANAGE = """
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    execute_from_command_line(sys.argv)
"""


def migrate(project: Project, *words: str) -> dict[str, Any]:
    project.link("data")
    project.write("manage.py", MANAGE)
    argv = ["manage.py", "migrate", "--noinput", "--skip-checks", *words]
    return {"argv": argv, "top": str(project.tree), "record": str(project.record)}


def test_the_record_names_what_decides_about_migrations(project: Project) -> None:
    done = project.run("django.manage", **migrate(project))
    assert done.code == 0, done.text
    assert "Applying book.0001_initial... OK" in done.text
    assert {"manage.py", "settings.py", "book/models.py", "book/migrations/0001_initial.py"} <= project.recorded()
    assert not {"book/views.py", "book", "data/db.sqlite3"} & project.recorded()


def test_settings_from_outside_the_release_prove_nothing(project: Project) -> None:
    """Such a file may name another database by the next deploy."""
    options = migrate(project)
    (project.shared / "data" / "name").write_text("db.sqlite3")
    project.settings('DATABASES["default"]["NAME"] = BASE_DIR / "data" / (BASE_DIR / "data" / "name").read_text()')
    done = project.run("django.manage", **options)
    assert done.code == 0, done.text
    assert project.recorded() == set()
    assert "the next deploy has to run this again: it reads " in done.text


def test_a_file_in_shared_is_part_of_the_proof_with_its_state(project: Project) -> None:
    options = migrate(project)
    name = project.shared / "data" / "name"
    name.write_text("db.sqlite3")
    read = '(BASE_DIR / "data" / "name").read_text()'
    project.settings(f'DATABASES["default"]["NAME"] = BASE_DIR / "data" / {read}')
    done = project.run("django.manage", **options, shared=str(project.shared))
    assert done.code == 0, done.text
    assert f"{name.resolve()}\t{file_state(str(name))}" in project.recorded()
    assert "the next deploy has to run this again" not in done.text


def test_a_project_without_a_database_has_nothing_to_migrate(project: Project) -> None:
    options = migrate(project)
    project.settings("DATABASES = {}")
    applied = project.record.with_name("applied")
    done = project.run("django.manage", **options, applied=str(applied))
    assert done.code == 0, done.text
    assert "nothing to migrate" in done.text
    assert applied.read_text() == "{}"


def test_a_command_that_fails_leaves_no_record_and_its_exit_code(project: Project) -> None:
    done = project.run("django.manage", **migrate(project, "no_such_app"))
    assert done.code == 1
    assert "No installed app with label 'no_such_app'" in done.text
    assert not project.record.exists()


def test_a_new_database_is_for_nobody_else_to_read_whatever_the_umask(project: Project) -> None:
    """Also where the path of the settings is a link into shared/ that leads to nothing yet."""
    options = migrate(project)
    (project.tree / "db.sqlite3").symlink_to(project.shared / "db.sqlite3")
    project.settings('DATABASES["default"]["NAME"] = BASE_DIR / "db.sqlite3"')
    old = os.umask(0o022)
    try:
        done = project.run("django.manage", **options)
    finally:
        os.umask(old)
    assert done.code == 0, done.text
    assert (project.shared / "db.sqlite3").stat().st_mode & 0o777 == 0o640
