"""`fab --list` in groups, and the help of each task."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from slipway.cli.list_and_help import GROUPS, OTHER, grouped, task_help
from tasks import namespace


def fab(root: Path, *words: str) -> str:
    argv = [sys.executable, str(root / "slipway/cli/start.py"), *words]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_task_is_in_one_group() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(namespace.task_names)


def test_tasks_of_a_team_come_last() -> None:
    pairs = [("mine", "Ours."), ("env.list (env)", "List it."), ("deploy", None)]
    assert grouped(pairs) == [
        ("Deploy", [("deploy", None)]),
        ("Environment", [("env.list (env)", "List it.")]),
        (OTHER, [("mine", "Ours.")]),
    ]


def test_the_list_shows_all_tasks_by_groups(root: Path) -> None:
    lines = fab(root, "--list").splitlines()
    assert [line[:-1] for line in lines if line.endswith(":") and line[0] != " "] == list(GROUPS)
    assert {line.split()[0] for line in lines if line[:2] == "  " and line[2] != " "} == set(namespace.task_names)


def test_one_collection_is_listed_alone(root: Path) -> None:
    assert "Available 'env' tasks" in fab(root, "--list=env")


@pytest.mark.parametrize("name", namespace.task_names)
def test_each_task_says_what_it_does_and_gives_examples_that_begin_with_fab(name: str) -> None:
    text, examples = task_help(namespace[name])
    assert text[0].endswith(".") and not any("Example" in line for line in text)
    assert all("fab " in each for each in examples)
    assert examples or name in ("lab.up", "lab.down", "lab.status", "test")


def test_help_shows_hosts_and_examples(root: Path) -> None:
    text = fab(root, "--help", "deploy")
    assert text.startswith("Usage: fab deploy [--options] [HOSTS]\n\nBring a commit")
    assert "  --hosts=STRING" in text and "Examples:\n  fab deploy --hosts=prod --ref=v1.4\n" in text
    assert "Usage: fab run [--options] COMMAND\n" in fab(root, "--help", "run")
    assert "--hosts" not in fab(root, "--help", "lab.up")


def test_the_version_is_slipways_and_fabrics(root: Path) -> None:
    slipway, fabric, *_ = fab(root, "--version").splitlines()
    assert (slipway.split()[0], fabric.split()[0]) == ("Slipway", "Fabric")


def test_fab_alone_lists_the_tasks_and_says_where_its_options_are(root: Path) -> None:
    listed = fab(root, "--list")
    assert fab(root) == listed + "`fab --help` shows the options that stand before a task, such as --hosts.\n"
