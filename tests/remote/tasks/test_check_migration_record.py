"""What a migration leaves in its record, where the app could write, is checked before it counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slipway.remote.tasks import check_migration_record

APPLIED = json.dumps({"default": ["shop.0001_initial"]})


def take(tmp_path: Path) -> tuple[str | None, str | None]:
    """What is taken of both."""
    read, applied = tmp_path / "migrated.read", tmp_path / "applied"
    read.write_text("stale")
    applied.write_text("stale")
    options = {"tasks": str(tmp_path / "tasks"), "id": "t1", "read": str(read), "applied": str(applied)}
    check_migration_record.main(options)
    return tuple(path.read_text() if path.exists() else None for path in (read, applied))  # type: ignore[return-value]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    folder = tmp_path / "tasks" / "t1"
    folder.mkdir(parents=True)
    (folder / "inputs").write_text("manage.py\nshop/models.py\n")
    (folder / "applied").write_text(APPLIED)
    return folder


def test_what_is_right_is_taken(tmp_path: Path, record: Path) -> None:
    assert take(tmp_path) == ("manage.py\nshop/models.py\n", APPLIED)


def test_files_outside_of_the_source_are_taken_with_their_state_alone(tmp_path: Path, record: Path) -> None:
    right = "manage.py\n/srv/x/shared/key.txt\t12 3 1700000000.123456789\n/srv/x/shared/none\t-\n"
    (record / "inputs").write_text(right)
    assert take(tmp_path)[0] == right
    for wrong in ("/srv/x/shared/key.txt", "/srv/../x\t-", "/srv/x\tyes", "x\t-", "/srv/x\t-\t-"):
        (record / "inputs").write_text(f"manage.py\n{wrong}\n")
        assert take(tmp_path)[0] is None, wrong


def test_links_to_secrets_are_not_followed(tmp_path: Path, record: Path) -> None:
    (tmp_path / "victim.env").write_text("SECRET_KEY=s3cr3t\n")
    for name in ("inputs", "applied"):
        (record / name).unlink()
        (record / name).symlink_to(tmp_path / "victim.env")
    assert take(tmp_path) == (None, None)


def test_a_link_in_the_place_of_the_record_is_not_followed(tmp_path: Path, record: Path) -> None:
    record.rename(tmp_path / "elsewhere")
    record.symlink_to(tmp_path / "elsewhere")
    assert take(tmp_path) == (None, None)


@pytest.mark.parametrize("text", ["/etc/passwd\n", "a/../../b\n", "a\n\n./b\n", "a\x1b[2J\n"])
def test_paths_that_lead_outside_are_not_taken(tmp_path: Path, record: Path, text: str) -> None:
    (record / "inputs").write_text(text)
    assert take(tmp_path)[0] is None


@pytest.mark.parametrize(
    "text", ["", "[]", '{"default": "x"}', '{"default": ["x; rm"]}', '{"default": [1]}', "[" * 99999]
)
def test_what_are_no_migrations_is_not_taken(tmp_path: Path, record: Path, text: str) -> None:
    (record / "applied").write_text(text)
    assert take(tmp_path)[1] is None
