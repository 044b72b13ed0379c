"""Free words on the command line, beside options of tasks and of fab itself."""

from __future__ import annotations

from typing import Any

import pytest
from fabric.main import program

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


def test_a_task_may_follow_and_other_tasks_take_no_words() -> None:
    (_, given), (name, _) = parsed("env.unset", "A", "B", "status")
    assert (given["name"], name) == (["A", "B"], "status")
    with pytest.raises(Exception, match="there is no task 'A'"):
        parsed("status", "A")
