"""Free words on the command line, beside options of tasks and of fab itself."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from fabric.main import program
from hypothesis import given
from hypothesis import strategies as st
from invoke import Exit

from slipway.cli.free_words import WordParser
from tasks import namespace


def parsed(*argv: str) -> list[tuple[str, dict[str, Any]]]:
    parser = WordParser(contexts=namespace.to_contexts(), initial=program.initial_context)
    return [(context.name, context.as_kwargs) for context in parser.parse_argv(list(argv)) if context.name]


@pytest.mark.parametrize(
    "argv",
    [
        ["env.set", "A=1", "B= two words", "--from=new.env", "--hosts=prod"],
        ["env.set", "--from", "new.env", "--hosts", "prod", "A=1", "B= two words"],
        ["env.set", "--set=A=1", "--set", "B= two words", "--from=new.env"],
    ],
)
def test_words_and_options_may_stand_in_any_order(argv: list[str]) -> None:
    ((name, given),) = parsed(*argv)
    assert (name, given["set"], given["from_"]) == ("env.set", ["A=1", "B= two words"], "new.env")


def test_a_task_may_follow_the_words() -> None:
    (_, given), (name, _) = parsed("env.unset", "A", "B", "status")
    assert (given["name"], name) == (["A", "B"], "status")


@pytest.mark.parametrize(
    ("argv", "command"),
    [
        (["run", "python", "manage.py", "check"], "python manage.py check"),
        (["run", "python manage.py check | cat"], "python manage.py check | cat"),
        (["run", "--detach", "echo", "a b", "$c"], "echo 'a b' '$c'"),
        (["exec", "test", "-f", "/x"], "test -f /x"),
        (["exec", "--", "ls", "--hosts=x"], "ls --hosts=x"),
        (["run", "ls", "--", "-l"], "ls -- -l"),
        (["run", "--command=ls"], "ls"),
    ],
)
def test_words_behind_run_and_exec_are_one_command(argv: list[str], command: str) -> None:
    ((name, given),) = parsed(*argv)
    assert (name, given["command"]) == (argv[0], command)


@given(st.lists(st.text(min_size=1), min_size=2))
def test_several_words_reach_the_program_as_they_are(words: list[str]) -> None:
    ((_, given_),) = parsed("exec", "--", *words)
    assert shlex.split(given_["command"]) == words


@pytest.mark.parametrize("argv", [["deploy", "prod"], ["deploy", "--dry", "prod", "status", "stage"]])
def test_words_behind_other_tasks_are_hosts(argv: list[str]) -> None:
    words = WordParser(contexts=namespace.to_contexts(), initial=program.initial_context).with_options(argv)
    assert words[-1] == f"--hosts={','.join(word for word in argv if word in ('prod', 'stage'))}"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["deploy", "prod", "--hosts=stage"], "hosts are named twice"),
        (["exec", "uptime", "--hosts=prod"], "would be a part of it"),
        (["exec", "--command=ls", "uptime"], "the command is given twice"),
    ],
)
def test_what_could_mean_two_things_is_refused(argv: list[str], message: str) -> None:
    with pytest.raises(Exit, match=message) as caught:
        parsed(*argv)
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["scale", "web=2"], "Write it as: fab scale --process=web --count=2"),
        (["deploy", "ref=s3cret"], "ref is an option: write it as --ref=..."),
        (["rollback", "to=20261120"], "to is an option: write it as --to=..."),
    ],
)
def test_an_option_without_its_dashes_leads_to_the_right_line(argv: list[str], hint: str) -> None:
    with pytest.raises(Exit) as caught:
        parsed(*argv)
    assert caught.value.code == 2 and hint in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_tasks_of_this_machine_take_no_hosts() -> None:
    parser = WordParser(contexts=namespace.to_contexts(), initial=program.initial_context, local=["lab.up"])
    with pytest.raises(Exit, match="there is no task 'prod'"):
        parser.parse_argv(["lab.up", "prod"])
