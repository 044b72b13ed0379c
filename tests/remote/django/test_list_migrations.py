"""`migrations`: lists applied and unapplied migrations, and changes nothing."""

from __future__ import annotations

import subprocess

from tests.remote.django_project import IRREVERSIBLE, Project

INITIAL = ["book.0001_initial"]


def migrate(project: Project) -> None:
    subprocess.run(
        [project.venv / "bin" / "python", "-m", "django", "migrate", "-v", "0"],
        cwd=project.tree,
        env={**project.environment, "PYTHONPATH": str(project.tree)},
        check=True,
    )


def test_before_the_first_migration_no_database_is_made(project: Project) -> None:
    project.link("data")
    done = project.run("django.list_migrations")
    assert done.code == 0, done.text
    assert done.facts["migrations"] == {
        "databases": {"default": {"applied": [], "unapplied": INITIAL, "unknown": []}},
        "irreversible": [],
    }
    assert list((project.shared / "data").iterdir()) == []


def test_what_is_new_and_what_cannot_be_taken_back_is_listed(project: Project) -> None:
    project.link("data")
    migrate(project)
    project.write("book/migrations/0002_fill.py", IRREVERSIBLE)
    done = project.run("django.list_migrations")
    assert done.facts["migrations"] == {
        "databases": {"default": {"applied": INITIAL, "unapplied": ["book.0002_fill"], "unknown": []}},
        "irreversible": ["book.0002_fill"],
    }


def test_what_an_older_release_does_not_know_is_listed(project: Project) -> None:
    project.link("data")
    project.write("book/migrations/0002_fill.py", IRREVERSIBLE)
    migrate(project)
    (project.tree / "book/migrations/0002_fill.py").unlink()
    state = project.run("django.list_migrations").facts["migrations"]["databases"]["default"]
    assert state == {"applied": INITIAL, "unapplied": [], "unknown": ["book.0002_fill"]}


def test_the_record_names_the_migrations_and_the_models(project: Project) -> None:
    done = project.run("django.list_migrations")
    assert done.facts["inputs"]["provable"] is True
    assert {"book/migrations/0001_initial.py", "book/models.py", "settings.py"} <= project.recorded()
    assert "book/views.py" not in project.recorded()


def test_a_database_that_does_not_answer_is_a_clear_end(project: Project) -> None:
    (project.tree / "data").mkdir()
    (project.tree / "data" / "db.sqlite3").write_text("this is no database, but quite some text")
    done = project.run("django.list_migrations")
    assert done.code == 1
    assert "file is not a database" in done.text.split("\n")[-1]
