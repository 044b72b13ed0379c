"""Files in folders that an app may write: links, pipes, foreign and endless files are refused, and nobody waits."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from slipway.remote.host.open_untrusted_file import Untrusted, content, opened
from slipway.remote.host.program_io import tail
from slipway.remote.logs.read_file import LogFile
from slipway.remote.supervisor.exit_counts import restarts
from slipway.remote.supervisor.recent_exits import recent_exits
from slipway.remote.tasks import output
from slipway.remote.tasks.process_sessions import read_record


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file that only we can read, outside of the app's folders."""
    path = tmp_path / "victim.env"
    path.write_text(json.dumps({"command": "SECRET_KEY=s3cr3t"}))
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"hello")
    assert content(5, str(tmp_path), "a", "b") == b"hello"


def test_a_link_in_the_place_of_a_file_or_of_its_folder_is_refused(tmp_path: Path, secret: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").symlink_to(secret)
    (tmp_path / "c").symlink_to(tmp_path)
    for names in (("a", "b"), ("c", secret.name)):
        with pytest.raises(OSError):
            content(1000, str(tmp_path), *names)


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "a\0b"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises((Untrusted, ValueError)):
        opened(str(tmp_path), name)


def test_a_pipe_a_folder_and_a_second_name_are_refused_at_once(tmp_path: Path, secret: Path) -> None:
    tmp_path.chmod(0o770)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    os.link(secret, tmp_path / "hardlink")
    for name in ("pipe", "folder", "hardlink"):
        with pytest.raises(Untrusted):
            content(1000, str(tmp_path), name)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    with pytest.raises(Untrusted, match="larger than 4 bytes"):
        content(4, str(tmp_path), "a")


def test_no_reader_of_logs_and_records_follows_a_link(tmp_path: Path, secret: Path) -> None:
    log = tmp_path / "log"
    log.mkdir()
    (log / "web.log").symlink_to(secret)
    (log / "task.json").symlink_to(secret)
    path = str(log / "web.log")
    assert "s3cr3t" not in tail(path)
    assert read_record(str(log), "task.json") is None
    assert recent_exits(path, 600) == {}
    assert restarts(path) == {}
    with pytest.raises(OSError):
        LogFile(path, 0)


def test_the_output_of_a_task_is_not_read_through_a_link(
    tmp_path: Path, secret: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t1").mkdir()
    (tmp_path / "t1" / "task.json").write_text("{}")
    (tmp_path / "t1" / "output").symlink_to(secret)
    with pytest.raises(Exception, match="what it said cannot be read"):
        output.main({"folder": str(tmp_path / "t1")})
    assert "s3cr3t" not in capfd.readouterr().out


DEEP = "[" * 100_000
NO_RECORDS: list[Any] = [
    "", "{", "[]", "null", DEEP, '{"pid": "1/../../self"}', '{"pid": true}', '{"started": "now"}', '{"started": NaN}',
    '{"command": ["a"]}', '{"detached": 1}', '{"host": {}}', "\xff", '{"code": 1.5}',
]  # fmt: skip


@pytest.mark.parametrize("text", NO_RECORDS)
def test_what_is_no_record_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "task.json").write_text(text, encoding="latin-1")
    assert read_record(str(tmp_path / "t"), "task.json") is None


def test_texts_of_a_record_cannot_steer_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "task.json").write_text(json.dumps({"command": "a\x1b[2Jb\nc\td", "pid": 7, "why": None}))
    assert read_record(str(tmp_path / "t"), "task.json") == {"command": "a?[2Jb\nc\td", "pid": 7, "why": None}
