"""Which host runs the schedules is read from our own record, and never from what an app put there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from slipway.remote.schedules.assigned_host import assigned, holder

RECORD = {"host": "web1", "from": 0, "before": None, "decided": 1.0}


def test_our_own_record_counts_before_the_one_of_an_earlier_version(tmp_path: Path) -> None:
    (tmp_path / "schedules").mkdir()
    (tmp_path / "schedules" / "assigned.json").write_text(json.dumps({**RECORD, "host": "old"}))
    assert holder(str(tmp_path), 5) == "old"
    (tmp_path / "scheduler.json").write_text(json.dumps(RECORD))
    assert holder(str(tmp_path), 5) == "web1"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another owner")
def test_a_record_that_the_app_owns_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "schedules").mkdir()
    path = tmp_path / "schedules" / "assigned.json"
    path.write_text(json.dumps(RECORD))
    os.chown(path, 12345, 0)
    assert assigned(str(tmp_path)) is None


def test_a_link_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "schedules").mkdir()
    (tmp_path / "elsewhere").write_text(json.dumps(RECORD))
    (tmp_path / "schedules" / "assigned.json").symlink_to(tmp_path / "elsewhere")
    assert assigned(str(tmp_path)) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"host": 1}', '{"host": "x", "from": "y"}', "[" * 99999])
def test_what_is_no_record_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "scheduler.json").write_text(text)
    assert assigned(str(tmp_path)) is None
