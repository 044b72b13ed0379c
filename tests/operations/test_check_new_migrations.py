"""New migrations of a commit are told to who deploys it, or stop the deploy."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from slipway.core.errors import SlipwayError
from slipway.model.step import Target
from slipway.operations.check_new_migrations import applied, back_across, warnings
from slipway.source import resolve
from tests.source.repo import Repo, nobodys_settings
from tests.steps.targets import target

MIGRATION = """
class Migration(migrations.Migration):
    operations = [
        migrations.RemoveField(model_name="post", name="mail"),
        migrations.AddIndex(model_name="post", index=models.Index(fields=["name"], name="n")),
    ]
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    nobodys_settings(monkeypatch, tmp_path)
    return Repo(tmp_path / "repo")


def deploying(repo: Repo, folder: str = "", **app: object) -> tuple[list[Target], dict[str, dict[str, str]]]:
    """A deploy of what is checked out, to a host that runs the commit before."""
    before = repo.commit("Begin")
    repo.write(f"{folder}blog/migrations/0002_x.py", MIGRATION)
    repo.write("other/blog/migrations/0009_y.py", MIGRATION)
    repo.commit("Migrate")
    made = target("web1", **app)  # type: ignore[arg-type]
    made = replace(made, source=resolve(repo.folder / folder))
    return [made], {"web1": {"current": f"20261120-131502-{before[:7]}"}}


def test_what_breaks_the_code_or_locks_a_table_is_told_by_name(repo: Repo) -> None:
    repo.write("app/manage.py")
    targets, facts = deploying(repo, "app/")
    assert warnings(targets, facts) == {
        "web1": [
            "the code that runs until the switch breaks by blog.0002_x: RemoveField post.mail, the old code still "
            "reads the column [migration-breaks]",
            "a table is locked while blog.0002_x: AddIndex post, writes to the table wait until the index is built "
            "[migration-locks]",
        ]
    }
    assert applied(targets, facts) == "blog.0002_x"


def test_a_deploy_that_would_break_the_code_stops_where_that_is_wanted(repo: Repo) -> None:
    repo.write("app/manage.py")
    targets, facts = deploying(repo, "app/", migrations="refuse")
    with pytest.raises(SlipwayError, match=r"blog\.0002_x: RemoveField post\.mail") as refused:
        warnings(targets, facts)
    assert "Nothing was changed" in refused.value.hint


@pytest.mark.parametrize(
    "facts",
    [{}, {"web1": {}}, {"web1": {"current": "20261120-131502-fffffff"}}, {"web1": {"current": "--output=x"}}],
)
def test_nothing_is_told_where_nothing_is_known_of_what_runs(repo: Repo, facts: dict[str, dict[str, str]]) -> None:
    repo.write("app/manage.py")
    targets, _ = deploying(repo, "app/")
    assert warnings(targets, facts) == {}


def test_nothing_is_told_where_migrations_are_off(repo: Repo) -> None:
    repo.write("app/manage.py")
    targets, facts = deploying(repo, "app/", migrate=False)
    assert warnings(targets, facts) == {}


def test_the_way_back_from_a_deploy_that_has_migrated_says_what_stays() -> None:
    assert back_across("") == ""
    assert back_across("blog.0002_x") == (
        "`fab rollback --keep-schema` takes the code back; the database stays migrated by blog.0002_x"
    )
