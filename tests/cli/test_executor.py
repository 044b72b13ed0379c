"""What a user sees of fab: one call for the fleet, one line for a failure, the right exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slipway.cli.executor import describe
from slipway.core.errors import SlipwayError, UsageError

Fab = Callable[..., "subprocess.CompletedProcess[str]"]

FABFILE = """
import json, sys
from invoke import Collection, task
from slipway.core.errors import SlipwayError, UsageError
from slipway.core.broken_pipe import guard

guard()

@task
def show(c):
    print(json.dumps(c.config["slipway"]["hosts"]))

@task(pre=[show])
def after(c):
    print("after")

@task
def usage(c):
    raise UsageError("no group 'prd'", hint="did you mean 'prod'?")

@task
def failing(c):
    raise SlipwayError("web1: disk full", code=4)

@task
def defect(c):
    {}["missing"]

@task
def interrupted(c):
    raise KeyboardInterrupt

@task
def refused(c):
    from fabric import ThreadingGroup
    ThreadingGroup("127.0.0.1:1", "127.0.0.2:1").run("true")

@task
def command(c):
    c.run("exit 7")

@task
def endless(c):
    while True:
        print("line")
"""


@pytest.fixture
def fab(tmp_path: Path, root: Path) -> Fab:
    """Run Fabric's own fab in a subfolder of a project that has our fabric.yaml."""
    (tmp_path / "fabfile.py").write_text(FABFILE)
    (tmp_path / "fabric.yaml").write_text((root / "fabric.yaml").read_text())
    (tmp_path / "sub").mkdir()

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fabric", *arguments],
            cwd=tmp_path / "sub",
            env={**os.environ, "PYTHONPATH": str(root), **settings},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize(
    ("arguments", "selected"),
    [
        (["show"], ""),
        (["show", "--hosts=prod,-web1"], "prod,-web1"),
        (["show", "--hosts", "prod"], "prod"),
        (["-H", "a,b,c", "show"], "a,b,c"),
    ],
)
def test_a_task_is_called_once_and_told_the_selection(fab: Fab, arguments: list[str], selected: str) -> None:
    assert [json.loads(line) for line in fab(*arguments).stdout.splitlines()] == [selected]


def test_tasks_that_come_before_are_called_once_too(fab: Fab) -> None:
    assert fab("after", "--hosts=a,b").stdout.splitlines() == ['"a,b"', "after"]


@pytest.mark.parametrize(
    ("arguments", "code", "lines"),
    [
        (["usage"], 2, ["error: no group 'prd'", "  → did you mean 'prod'?"]),
        (["failing"], 4, ["error: web1: disk full"]),
        (["interrupted"], 130, ["interrupted"]),
        (["command"], 7, []),
        (
            ["refused"],
            1,
            [f"error: 127.0.0.{n}: Unable to connect to port 1 on 127.0.0.{n}" for n in (1, 2)],
        ),
        (
            ["show", "--hosts="],
            2,
            [
                "error: --hosts is empty",
                "  → Name groups, hosts or roles (--hosts=prod), or leave it away for the default group.",
            ],
        ),
        (
            ["-H", "prod", "show", "--", "df", "-h"],
            2,
            [
                "error: fab runs no command after '--': there is a task for that",
                "  → fab exec --hosts=prod -- df -h",
            ],
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) and value else None,
)
def test_a_failure_is_said_in_lines_with_its_exit_code(
    fab: Fab, arguments: list[str], code: int, lines: list[str]
) -> None:
    done = fab(*arguments)
    assert sorted(done.stderr.splitlines()) == sorted(lines)
    assert done.returncode == code


def test_a_defect_is_one_line_with_its_place_and_a_traceback_on_demand(fab: Fab) -> None:
    quiet, loud = fab("defect"), fab("defect", SLIPWAY_DEBUG="1")
    assert quiet.stderr.startswith("error: unexpected KeyError: 'missing' (fabfile.py:")
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr
    assert (quiet.returncode, loud.returncode) == (1, 1)


def test_a_command_without_a_task_is_answered_where_our_settings_are_named(fab: Fab, tmp_path: Path) -> None:
    done = fab("-H", "prod", "--", "uptime", INVOKE_RUNTIME_CONFIG=str(tmp_path / "fabric.yaml"))
    assert (done.returncode, done.stderr.splitlines()[1]) == (2, "  → fab exec --hosts=prod -- uptime")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(("task", "codes"), [("endless", {141}), ("show", {0, 141}), ("--list", {0, 141})])
def test_a_reader_that_leaves_ends_fab_quietly(
    fab: Fab, tmp_path: Path, root: Path, task: str, codes: set[int], unbuffered: str
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "fabric", task],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONUNBUFFERED": unbuffered},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode in codes


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (UsageError("bad key", hint="see inventory.toml"), ["error: bad key", "  → see inventory.toml"]),
        (SlipwayError("half done"), ["error: half done"]),
        (FileNotFoundError(2, "No such file or directory", "x"), ["error: No such file or directory: 'x'"]),
        (TimeoutError(), ["error: TimeoutError"]),
        (OSError(28, "No space left on device"), ["error: No space left on device"]),
    ],
)
def test_describe_says_what_a_user_can_use(error: Exception, lines: list[Any]) -> None:
    assert describe(error) == lines


def test_describe_marks_the_error_red_only_when_told_to() -> None:
    assert describe(SlipwayError("x"), colour=True) == ["\033[31merror:\033[0m x"]


def test_a_task_with_the_name_of_a_group_is_refused_behind_another_task(fab: Fab, tmp_path: Path) -> None:
    (tmp_path / "inventory.toml").write_text(
        '[app]\nname = "x"\n[hosts.web1]\naddress = "192.0.2.1"\n[groups.after]\nhosts = ["web1"]\n'
    )
    done = fab("show", "after")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: 'after' is a task, and a name in inventory.toml",
        "  → For these hosts: fab show --hosts=after. For two tasks: call fab twice.",
    ]
    assert fab("show", "after", "--hosts=after").returncode == 0


@pytest.mark.parametrize(("encoding", "arrow"), [("ascii", "->"), ("utf-8", "→")])
def test_an_error_is_plain_where_the_terminal_is(fab: Fab, encoding: str, arrow: str) -> None:
    done = fab("usage", PYTHONIOENCODING=encoding)
    assert f"  {arrow} did you mean" in done.stderr
