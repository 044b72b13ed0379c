"""Command lines of processes: which program gets the signals."""

from __future__ import annotations

import subprocess

import pytest

from slipway.core.prepend_exec import exec_command


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python work.py", "exec python work.py"),
        ("MODE=fast python work.py", "exec env MODE=fast python work.py"),
        ("A=1 B='x y' python work.py", "exec env A=1 B='x y' python work.py"),
        ("cd sub && python work.py", "cd sub && exec python work.py"),
        ("a; b && MODE=1 c", "a; b && exec env MODE=1 c"),
        ("exec python work.py", "exec python work.py"),
        ("cd x && exec python work.py", "cd x && exec python work.py"),
        ("echo 'a && b' \"; c\"", "exec echo 'a && b' \"; c\""),
        ("echo a\\;b", "exec echo a\\;b"),
        ("python work.py 2>&1", "exec python work.py 2>&1"),
        ("python work.py;", "exec python work.py;"),
        ("sh ./app.sh", "exec sh ./app.sh"),
    ],
)
def test_the_last_program_takes_the_place_of_the_shell(command: str, expected: str) -> None:
    assert exec_command(command) == expected


@pytest.mark.parametrize(
    "command",
    [
        "a | b", "a || b", "a & b", "(a; b)", "echo $(date)", "if a; then b; fi", "while a; do b; done", "{ a; b; }",
        "! a", "echo `date`", "a <<E\nb\nE", "cd x", "a && export B=1", "echo 'open", "", "a # b",
    ],
)  # fmt: skip
def test_more_than_a_list_of_commands_keeps_its_shell(command: str) -> None:
    assert exec_command(command) is None


@pytest.mark.parametrize(
    "command",
    [
        "MODE=fast printenv MODE",
        "cd / && pwd",
        "true && echo two",
        "A='x y' B=2 sh -c 'echo $A$B'",
        "printf '%s;' a\\ b",
    ],
)
def test_it_says_the_same_as_without_exec(command: str) -> None:
    assert _said(exec_command(command) or "") == _said(command)


def test_the_process_is_the_program_itself() -> None:
    assert _said(exec_command("cd / && A=1 ps -o comm= -p $$") or "").strip() == b"ps"


def _said(command: str) -> bytes:
    return subprocess.run(["sh", "-c", command], capture_output=True, check=True).stdout
