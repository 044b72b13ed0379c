"""Files are sent and replaced without following links; SQLite is copied and replaced while others have it open."""

from __future__ import annotations

import io
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from slipway.remote.backups import archive_from_app as receiving
from slipway.remote.backups.replace_files import replace_files
from slipway.remote.backups.send_from_app import send_backup
from slipway.remote.backups.sqlite_database import copy_sqlite, replace_sqlite, sqlite_facts
from slipway.remote.backups.which_shared_files import kept_paths
from slipway.remote.host.program_io import Failed


def options(base: Path, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "base": str(base),
        "shared": str(base / "shared"),
        "database": "NONE",
        "files": None,
        "exclude": [],
    }
    return {**given, **more}


def made(path: Path, rows: int) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("create table entry (text)")
    database.executemany("insert into entry values (?)", [("x",)] * rows)
    return database


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("NONE", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "run").mkdir()
    (tmp_path / "shared" / "media").mkdir(parents=True)
    return tmp_path


def test_what_is_sent_holds_databases_and_files_but_no_link_and_nothing_left_out(base: Path) -> None:
    shared = base / "shared"
    made(shared / "app.db", 3).close()
    (shared / "media" / "a.txt").write_text("a")
    (shared / "media" / "secret").symlink_to("/etc/passwd")
    (shared / "cache").mkdir()
    (shared / "cache" / "x").write_text("x")
    (shared / "linked").symlink_to("/etc")
    out = io.BytesIO()
    report = send_backup(options(base, exclude=["cache"]), out)
    sent = out.getvalue()
    assert b"files/media/a.txt" in sent and b"root:" not in sent and b"cache" not in sent
    assert b"files/app.db" not in sent
    (database,) = report["databases"]
    assert (database["path"], database["tables"], database["member"]) == (
        "app.db",
        {"entry": 3},
        "databases/0-app.db.sqlite3",
    )
    assert (report["files"], report["skipped"]) == (1, [])
    assert list((base / "run").iterdir()) == []


def test_roots_behind_a_link_are_not_read(base: Path) -> None:
    (base / "shared" / "up").symlink_to("/etc")
    assert list(kept_paths(str(base / "shared"), ["up", "up/ssl"], set())) == []


def test_files_are_replaced_without_following_links(base: Path, tmp_path: Path) -> None:
    shared, source, outside = base / "shared", tmp_path / "source", tmp_path / "outside"
    (source / "media" / "in").mkdir(parents=True)
    (source / "media" / "a.txt").write_text("old")
    (source / "media" / "in" / "b.txt").write_text("b")
    outside.mkdir()
    (outside / "b.txt").write_text("untouched")
    (outside / "a.txt").write_text("untouched")
    (shared / "media" / "in").symlink_to(outside)
    (shared / "media" / "a.txt").symlink_to(outside / "a.txt")
    (shared / "media" / "new.txt").write_text("new")
    (shared / "cache").mkdir()
    (shared / "cache" / "x").write_text("x")
    assert replace_files(str(source), options(base, exclude=["cache"]), None, []) == (2, 1)
    assert (shared / "media" / "a.txt").read_text() == "old" and not (shared / "media" / "a.txt").is_symlink()
    assert (shared / "media" / "in" / "b.txt").read_text() == "b" and not (shared / "media" / "in").is_symlink()
    assert {path.read_text() for path in outside.iterdir()} == {"untouched"}
    assert not (shared / "media" / "new.txt").exists()
    assert (shared / "cache" / "x").exists(), "what is left out of backups stays"


def test_a_database_is_copied_while_it_is_written_and_replaced_while_it_is_open(tmp_path: Path) -> None:
    live, copy = tmp_path / "live.db", tmp_path / "copy.db"
    database = made(live, 2)
    database.execute("pragma journal_mode = wal")
    database.execute("begin immediate")
    database.execute("insert into entry values ('not yet')")
    copy_sqlite(str(live), str(copy))
    database.execute("commit")
    assert sqlite_facts(str(copy))["tables"] == {"entry": 2}
    assert replace_sqlite(str(copy), str(live)) == ""
    assert database.execute("select count(*) from entry").fetchone() == (2,)


def test_a_damaged_database_is_told_and_put_aside_at_a_restore(tmp_path: Path) -> None:
    live, copy = tmp_path / "live.db", tmp_path / "copy.db"
    made(copy, 5).close()
    live.write_bytes(b"no database at all" * 100)
    with pytest.raises(Failed, match="cannot be copied"):
        copy_sqlite(str(live), str(tmp_path / "x"))
    aside = replace_sqlite(str(copy), str(live))
    assert Path(aside).read_bytes().startswith(b"no database")
    assert sqlite_facts(str(live))["tables"] == {"entry": 5}


def test_a_damaged_copy_is_told(tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    made(copy, 5000).close()
    whole = bytearray(copy.read_bytes())
    whole[5000:9000] = os.urandom(4000)
    copy.write_bytes(whole)
    with pytest.raises(Failed, match="damaged"):
        sqlite_facts(str(copy))


class Sender:
    """An app's account that sends anything."""

    def __init__(self, data: bytes) -> None:
        self.output = io.BytesIO(data)

    def ending(self, kind: str, sizes: list[int]) -> dict[str, Any]:
        if kind != "report":
            raise Failed("broken")
        value: dict[str, Any] = json.loads(self.output.read(sizes[0]))
        return value


def sent(name: str, data: bytes = b"x") -> bytes:
    return b"file %d %d 420 0\n%s%s" % (len(name), len(data), name.encode(), data)


@pytest.mark.parametrize(
    "data",
    [
        sent("files/../../etc/passwd"),
        sent("/etc/passwd"),
        sent("other/x"),
        sent("files/a") + sent("files/a"),
        sent("files/a\x1b[0m"),
        b"file 7 99999999 420 0\nfiles/ax",
        b"link 7 1 420 0\nfiles/ax",
        b"",
        b"report 2\n{}",
        b"report 4\nnull",
    ],
)
def test_what_the_apps_account_sends_is_checked(tmp_path: Path, data: bytes) -> None:
    with pytest.raises((Failed, AttributeError, TypeError)):
        receiving.receive_backup(Sender(data), receiving.Tee(io.BytesIO(), str(tmp_path)))  # type: ignore[arg-type]


def test_a_report_of_a_database_that_was_not_sent_is_refused(tmp_path: Path) -> None:
    database: dict[str, Any] = {
        "member": "databases/x",
        "kind": "sqlite",
        "tables": {},
        "schema": "",
        "name": "",
        "path": None,
    }
    report = {"databases": [database], "files": 0, "bytes": 0, "roots": None, "skipped": []}
    text = json.dumps(report).encode()
    with pytest.raises(Failed, match="cannot be read"):
        receiving.receive_backup(
            Sender(b"report %d\n%s" % (len(text), text)),  # type: ignore[arg-type]
            receiving.Tee(io.BytesIO(), str(tmp_path)),
        )
