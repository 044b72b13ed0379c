"""Migrations that a commit adds are read from their files, and each operation is classed."""

from __future__ import annotations

import pytest

from slipway.detect.classify_new_migrations import new_migrations
from tests.detect.test_detect import Tree

HEAD = "from django.db import migrations, models\nclass Migration(migrations.Migration):\n    operations = ["


def migration(*operations: str) -> str:
    return HEAD + ", ".join(operations) + "]\n"


@pytest.mark.parametrize(
    ("operation", "what", "kind"),
    [
        ("migrations.CreateModel(name='Post', fields=[])", "CreateModel Post", "safe"),
        ("migrations.CreateModel('Post', [])", "CreateModel Post", "safe"),
        ("migrations.AddField('post', 'mail', models.CharField(null=True))", "AddField post.mail", "safe"),
        ("migrations.AddField('post', 'rank', models.IntegerField(db_default=1))", "AddField post.rank", "safe"),
        ("migrations.AddField('post', 'tags', models.ManyToManyField('Tag'))", "AddField post.tags", "safe"),
        (
            "migrations.AddField(model_name='post', name='rank', field=models.IntegerField(default=1))",
            "AddField post.rank",
            "breaks",
        ),
        ("migrations.AddField('post', 'rank', FIELD)", "AddField post.rank", "unknown"),
        ("migrations.RemoveField(model_name='post', name='mail')", "RemoveField post.mail", "breaks"),
        ("migrations.DeleteModel(name='Post')", "DeleteModel Post", "breaks"),
        ("migrations.RenameField('post', 'a', 'b')", "RenameField post.a", "breaks"),
        ("migrations.RenameModel(old_name='A', new_name='B')", "RenameModel A", "breaks"),
        ("migrations.AddIndex(model_name='post', index=models.Index(name='i'))", "AddIndex post", "locks"),
        ("AddIndexConcurrently(model_name='post', index=models.Index(name='i'))", "AddIndexConcurrently post", "safe"),
        ("migrations.AlterField('post', 'mail', models.TextField())", "AlterField post.mail", "locks"),
        ("migrations.RunPython(forwards, migrations.RunPython.noop)", "RunPython", "unknown"),
        ("migrations.RunSQL('drop table x')", "RunSQL", "unknown"),
        ("zero.SomethingElse('post')", "SomethingElse post", "unknown"),
    ],
)
def test_each_operation_has_a_class_and_a_reason_unless_it_is_safe(operation: str, what: str, kind: str) -> None:
    tree = Tree({"blog/migrations/0002_x.py": migration(operation)})
    (found,) = new_migrations(tree, ["blog/migrations/0002_x.py"])
    assert found.name == "blog.0002_x"
    assert [(one.what, one.kind) for one in found.operations] == [(what, kind)]
    assert bool(found.operations[0].why) == (kind != "safe")


def test_only_the_database_counts_where_it_is_apart_from_the_state() -> None:
    both = "migrations.SeparateDatabaseAndState(database_operations=[migrations.DeleteModel('A')], state_operations=[])"
    state = "migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel('A')])"
    tree = Tree({"a/migrations/0001_b.py": migration(both), "a/migrations/0002_s.py": migration(state)})
    one, two = new_migrations(tree, sorted(tree.files))
    assert [operation.what for operation in one.operations] == ["DeleteModel A"]
    assert two.operations == ()


def test_what_is_no_migration_is_left_out() -> None:
    files: dict[str, str | bytes] = {
        "a/migrations/__init__.py": "",
        "a/migrations/helpers.py": "def f(): ...",
        "a/migrations/0003_broken.py": "class Migration(:",
        "a/migration/0001_x.py": migration("migrations.DeleteModel('A')"),
        "a/b.py": "",
    }
    assert new_migrations(Tree(files), sorted(files)) == []


def test_migrations_of_alembic_are_listed_by_their_revision() -> None:
    files: dict[str, str | bytes] = {"migrations/versions/ab12_x.py": 'revision: str = "ab12"\ndown_revision = None\n'}
    assert [one.name for one in new_migrations(Tree(files), sorted(files))] == ["alembic ab12"]
