"""What the words of `fab env.set` mean, and what becomes of the settings that are kept."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from slipway.core.errors import UsageError
from slipway.env.dotenv import Secret
from slipway.model.stored_overrides import NOTHING, Overrides
from slipway.operations.words_to_overrides import given, reset_all, same, scale_back, scale_to, set_all, unset_all

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)


def no_stdin() -> bytes:
    raise AssertionError("nobody has asked for it")


def revealed(values: dict[str, Secret]) -> dict[str, str]:
    return {name: value.reveal() for name, value in values.items()}


def test_words_are_taken_literally() -> None:
    words = ["A=1", "B= two  words ", "C=a=b", "D=", "E=$HOME `x` 'q' \"q\"\n", "F=-x"]
    assert revealed(given(words, stdin=no_stdin)) == {
        "A": "1", "B": " two  words ", "C": "a=b", "D": "", "E": "$HOME `x` 'q' \"q\"\n", "F": "-x",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("piped", "value"), [(b"x\n", "x"), (b"x", "x"), (b"a\nb\n\n", "a\nb\n"), (b"", ""), (" ü \n".encode(), " ü ")]
)
def test_a_dash_takes_standard_input_without_the_line_end_of_echo(piped: bytes, value: str) -> None:
    assert revealed(given(["KEY=-"], stdin=lambda: piped)) == {"KEY": value}


def test_dotenv_text_comes_from_a_file_or_from_standard_input(tmp_path: Path) -> None:
    (tmp_path / "new.env").write_text("A=file\nB='two words'\n")
    assert revealed(given(["A=word"], file=str(tmp_path / "new.env"))) == {"A": "word", "B": "two words"}
    assert revealed(given([], all_of_stdin=True, stdin=lambda: b"C=1\n")) == {"C": "1"}


def test_a_bare_name_is_asked_for_or_made() -> None:
    assert revealed(given(["KEY"], ask=lambda name: f"typed for {name}")) == {"KEY": "typed for KEY"}
    made = given(["KEY"], generate=True)["KEY"].reveal()
    assert len(made) == 50
    assert made.isalnum()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing to set"),
        (["A-B=hidden"], "what stands before = in word 1 is not a name"),
        (["SLIPWAY_APP=hidden"], "SLIPWAY_APP is reserved"),
        (["A=hid\0den"], "A: the value holds a NUL byte"),
        (["A=\udcff"], "A: the value is not valid Unicode text"),
        (["A=-", "B=-"], "standard input can be read only once"),
        (["A"], "A has no value, and nobody is at a terminal to be asked"),
    ],
)
def test_nonsense_is_told_without_the_value(words: list[str], message: str) -> None:
    with pytest.raises(UsageError) as error:
        given(words, stdin=lambda: b"hidden")
    assert error.value.message.startswith(message)
    assert "hidden" not in error.value.message + error.value.hint


def changed(overrides: Overrides, *changes: object) -> Overrides:
    for change in changes:
        overrides = overrides.changed(NOON, change)  # type: ignore[arg-type]
    return overrides


def test_set_unset_and_reset() -> None:
    overrides = changed(NOTHING, set_all({"A": Secret("1"), "B": Secret("2")}, "ann"))
    assert (overrides.env["A"].value, overrides.env["A"].who, overrides.env["A"].when) == (
        Secret("1"),
        "ann",
        overrides.when,
    )
    fewer = changed(overrides, unset_all(["A", "B", "C"], "bob", frozenset({"B", "C"})))
    assert {name: entry.value for name, entry in fewer.env.items()} == {"B": None, "C": None}
    assert changed(fewer, reset_all(["B", "C"])).env == {}


def test_a_new_value_for_a_generated_name_takes_the_place_of_the_old_one() -> None:
    overrides = changed(NOTHING, unset_all(["KEY"], "ann", frozenset({"KEY"})))
    overrides = changed(overrides, set_all({"KEY": Secret("new")}, "ann", frozenset({"KEY"})))
    assert (overrides.env, overrides.generated["KEY"].value) == ({}, Secret("new"))


def test_scale_and_back() -> None:
    overrides = changed(NOTHING, scale_to({"web": 4}, "ann"), scale_to({"mails": 0}, "ann"))
    assert {name: one.count for name, one in overrides.scale.items()} == {"web": 4, "mails": 0}
    assert list(changed(overrides, scale_back(["web"])).scale) == ["mails"]


def test_whoever_has_said_the_same_has_said_the_same() -> None:
    one = changed(NOTHING, set_all({"A": Secret("1")}, "ann"))
    assert same(one, changed(one, set_all({"A": Secret("1")}, "bob")))
    assert not same(one, changed(one, set_all({"A": Secret("2")}, "ann")))
    assert not same(one, changed(one, scale_to({"web": 3}, "ann")))
