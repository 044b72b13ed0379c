"""A wrong name may be a secret, or steer the terminal: an error says where it stands, and by which rule it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fabric.main import program
from invoke import Exit

from slipway.cli.free_words import WordParser
from slipway.core.errors import SlipwayError, UsageError, in_lines
from slipway.env.dotenv import parse
from slipway.inventory import load
from slipway.inventory.select_hosts import choose
from slipway.operations.words_to_overrides import given
from tasks import namespace
from tasks.env import named

SECRET = "correct horse-battery"


def inventory(folder: Path, lines: str) -> None:
    (folder / "inventory.toml").write_text(f"[app]\nname = 'shop'\n[hosts.web1]\n{lines}")
    load(folder).select("web1")


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (lambda _: named(["A", SECRET]), "word 2 is not a name"),
        (lambda _: named([f"TOKEN={SECRET}"]), "TOKEN: a name is needed here, and no value"),
        (lambda _: named([f"a b={SECRET}"]), "word 1 is not a name"),
        (lambda _: given([SECRET]), "what stands before = in word 1 is not a name"),
        (lambda _: choose(f"TOKEN={SECRET}", {"all": ["web1"]}, "all"), "--hosts: 'TOKEN=...' is no group"),
        (lambda _: parse(f"{SECRET}=x".encode(), "prod.env"), "prod.env: line 1"),
        (lambda tmp: inventory(tmp, f"[env]\n'{SECRET}' = 'x'"), "env: the name of entry 1 is not a name"),
        (lambda tmp: inventory(tmp, f"[hosts.web1.env]\nA='b'\n'{SECRET}' = 'x'"), "the name of entry 2 is not a name"),
        (lambda tmp: inventory(tmp, f"env_required = ['{SECRET}']"), "env_required[0]: it is not a name"),
    ],
)  # fmt: skip
def test_what_may_be_a_secret_is_not_repeated(wrong: Callable[[Path], object], where: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        wrong(tmp_path)
    shown = "\n".join(in_lines(caught.value))
    assert where in shown
    assert not [word for word in SECRET.split() if word in shown], shown


@pytest.mark.parametrize("argv", [[f"TOKEN={SECRET}"], [f"TOKEN={SECRET}", "deploy"]])
def test_a_value_in_the_place_of_a_task_is_not_repeated(argv: list[str]) -> None:
    with pytest.raises(Exit) as caught:
        WordParser(contexts=namespace.to_contexts(), initial=program.initial_context).parse_argv(argv)
    assert "there is no task 'TOKEN=...'" in str(caught.value.message)
    assert "env.set NAME=value" in str(caught.value.message)
    assert SECRET not in str(caught.value.message)


def test_a_name_that_can_be_one_is_repeated() -> None:
    with pytest.raises(UsageError, match="SLIPWAY_RELEASE is reserved"):
        named(["SLIPWAY_RELEASE"])
    assert named(["A", "B", "A"]) == ["A", "B"]


def test_no_error_steers_the_terminal() -> None:
    shown = in_lines(SlipwayError("a\x1b[2Jb\x07", hint="c\x1b]0;title\x07d"))
    assert shown == ["error: ab", "  → cd"]


@pytest.mark.parametrize("argv", [["\x1b[2Jdeploy"], ["deploy", "--hosts\x1b[2J=x"], ["logs", "--lines=\x1b[2J"]])
def test_a_command_line_that_is_wrong_does_not_steer_the_terminal_either(argv: list[str]) -> None:
    with pytest.raises(Exit) as caught:
        WordParser(contexts=namespace.to_contexts(), initial=program.initial_context).parse_argv(argv)
    assert "\x1b" not in str(caught.value.message)
