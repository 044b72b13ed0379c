"""Completion offers hosts, groups and roles where they may stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

INVENTORY = """[app]
name = "x"
[hosts.web1]
address = "192.0.2.1"
[groups.prod]
hosts = ["web1"]
"""
NAMES = ["all", "prod", "web1"]


@pytest.fixture
def complete(tmp_path: Path, root: Path) -> list[str]:
    (tmp_path / "inventory.toml").write_text(INVENTORY)
    return [sys.executable, str(root / "slipway/cli/start.py"), "-r", str(root), "--complete", "--"]


def offered(complete: list[str], folder: Path, line: str) -> list[str]:
    environ = {name: value for name, value in os.environ.items() if name != "SLIPWAY_INVENTORY"}
    argv = [*complete, *line.split(" ")]
    done = subprocess.run(argv, cwd=folder, env=environ, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("line", ["fab deploy --hosts", "fab deploy --hosts = pr", "fab deploy --hosts =", "fab -H pr"])
def test_only_names_may_stand_behind_hosts(complete: list[str], tmp_path: Path, line: str) -> None:
    assert sorted(offered(complete, tmp_path, line)) == NAMES


def test_names_are_whole_words_for_shells_that_take_the_option_as_one(complete: list[str], tmp_path: Path) -> None:
    assert "--hosts=prod" in offered(complete, tmp_path, "fab deploy --hosts=pr")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("fab deploy pr", True),
        ("fab st", False),
        ("fab run pr", False),
        ("fab lab.up pr", False),
        ("fab deploy -", False),
    ],
)
def test_names_stand_behind_tasks_that_take_hosts(complete: list[str], tmp_path: Path, line: str, names: bool) -> None:
    found = offered(complete, tmp_path, line)
    assert ("prod" in found) == names
    assert ("status" in found, "--ref" in found) == ((False, True) if line.endswith("-") else (True, False))


def test_there_is_nothing_to_offer_without_an_inventory(complete: list[str], tmp_path: Path) -> None:
    (tmp_path / "inventory.toml").unlink()
    assert offered(complete, tmp_path, "fab deploy --hosts") == []
