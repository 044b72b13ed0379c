"""Command lines that fab does not understand."""

from __future__ import annotations

import pytest
from fabric.main import program
from invoke import Exit

from slipway.cli.free_words import WordParser
from tasks import namespace


def said(*argv: str) -> list[str]:
    """What is said of a command line."""
    with pytest.raises(Exit) as caught:
        WordParser(contexts=namespace.to_contexts(), initial=program.initial_context).parse_argv(list(argv))
    assert caught.value.code == 2
    return str(caught.value.message).splitlines()


@pytest.mark.parametrize(
    ("argv", "message", "hint"),
    [
        (["deplooy"], "there is no task 'deplooy'", "Did you mean deploy? `fab --list` shows what there is."),
        (["zzz"], "there is no task 'zzz'", "`fab --list` shows what there is."),
        (["deploy", "--hoss=x"], "deploy has no option --hoss", "Did you mean --hosts? `fab --help deploy` shows"),
        (["logs", "--folow"], "logs has no option --folow", "Did you mean --follow? `fab --help logs` shows"),
        (["--hoss", "x"], "fab has no option --hoss", "Did you mean --hosts? `fab --list` shows"),
        (["deploy", "--ref"], "--ref needs a value", "`fab --help deploy` shows"),
        (["deploy", "--hosts"], "--hosts needs a value", "`fab --help deploy` shows"),
        (["deploy", "--dirty=yes"], "--dirty takes no value", "`fab --help deploy` shows"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_it_says_what_is_wrong_and_what_was_meant(argv: list[str], message: str, hint: str) -> None:
    first, second = said(*argv)
    assert first == f"error: {message}"
    assert second.startswith(f"  → {hint}")
