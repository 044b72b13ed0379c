"""What a host remembers of an app: its own history, and what the host's history says of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from slipway.remote import program
from tests.remote.run_program import Done


def told(folder: Path, last: int = 10) -> list[dict[str, Any]]:
    options = {"base": str(folder / "shop"), "history": last, "of_host": str(folder / "host.jsonl"), "app": "shop"}
    argv = [sys.executable, "-I", "-c", program("host.releases_and_history"), json.dumps(options)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = Done(0, done.stdout, 0).facts["history"]
    return found


def line(operation: str, when: str, **more: str) -> str:
    return json.dumps({"operation": operation, "when": f"2026-11-20T{when}:00+00:00", **more}) + "\n"


def test_removals_and_provisions_that_failed_stand_among_the_operations_of_the_app(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "history.jsonl").write_text(line("provision", "10:00") + line("deploy", "12:00"))
    of_host = [
        line("destroy", "08:00", app="shop", data="kept", host="web1"),
        line("destroy", "09:00", app="other"),
        "garbage\n",
        line("provision", "11:00", app="shop", host="web1"),
    ]
    (tmp_path / "host.jsonl").write_text("".join(of_host))
    assert [one["operation"] for one in told(tmp_path)] == ["destroy", "provision", "provision", "deploy"]
    assert [one["operation"] for one in told(tmp_path, 2)] == ["provision", "deploy"]
    assert not {"app", "host", "data"} & {key for one in told(tmp_path) for key in one}
    assert told(tmp_path, 0) == []


def test_an_app_that_was_removed_is_still_remembered(tmp_path: Path) -> None:
    (tmp_path / "host.jsonl").write_text(line("destroy", "08:00", app="shop"))
    assert [one["operation"] for one in told(tmp_path)] == ["destroy"]


def test_a_host_without_any_history_has_none(tmp_path: Path) -> None:
    assert told(tmp_path) == []
