"""Quoting for SQL: whatever the value, PostgreSQL reads it as one name or one text, and as the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.remote.services.quote_sql import quote_identifier, quote_literal, sql

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0")) | st.text("'\"\\;-[]{}$ ab\n", max_size=30)


def identifier(text: str) -> tuple[str, str]:
    """PostgreSQL's rule for a quoted name (scan.l, xd): the name, and what follows it."""
    assert text[0] == '"'
    name, at = "", 1
    while True:
        if text[at] == '"':
            if text[at + 1 : at + 2] != '"':
                return name, text[at + 1 :]
            at += 1
        name += text[at]
        at += 1


def literal(text: str) -> tuple[str, str]:
    """PostgreSQL's rule for a quoted text (scan.l, xq and xe): the text, and what follows it."""
    escapes = text[0] == "E"
    at = 2 if escapes else 1
    assert text[at - 1] == "'"
    value = ""
    while True:
        if text[at] == "'":
            if text[at + 1 : at + 2] != "'":
                return value, text[at + 1 :]
            at += 1
        elif text[at] == "\\":
            assert escapes, "means something else with standard_conforming_strings off"
            at += 1
        value += text[at]
        at += 1


@given(TEXTS.filter(bool))
def test_a_name_is_read_as_that_name_and_ends_there(name: str) -> None:
    assert identifier(quote_identifier(name) + "; --") == (name, "; --")


@given(TEXTS)
def test_a_text_is_read_as_that_text_and_ends_there(text: str) -> None:
    assert literal(quote_literal(text) + "; --") == (text, "; --")


@given(TEXTS.filter(bool), TEXTS)
def test_a_value_never_becomes_a_place_for_another(name: str, text: str) -> None:
    made = sql("ALTER ROLE [[name]] PASSWORD {{text}}", name=name, text=text)
    found, rest = identifier(made.removeprefix("ALTER ROLE "))
    assert found == name
    assert literal(rest.removeprefix(" PASSWORD ")) == (text, "")


@pytest.mark.parametrize("quote", [quote_identifier, quote_literal])
def test_a_nul_is_refused(quote: object) -> None:
    with pytest.raises(ValueError, match="NUL"):
        quote("a\0b")  # type: ignore[operator]


def test_places_and_values_go_together() -> None:
    with pytest.raises(KeyError):
        sql("SELECT {{text}}")
    with pytest.raises(KeyError):
        sql("SELECT 1", text="x")
    with pytest.raises(ValueError, match="empty"):
        sql("DROP ROLE [[name]]", name="")
