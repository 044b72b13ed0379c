"""Text in cells: width, cutting, and what is taken out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.core.printable import clean
from slipway.output.colours import PAINT, PLAIN, Style
from slipway.output.text_width import clip, fit, pad, width, wrap


@pytest.mark.parametrize(
    ("text", "cells"),
    [("", 0), ("web1", 4), ("日本", 4), ("é", 1), ("e\u0301", 1), ("✓", 1), ("\x1b[1;31mred\x1b[0m", 3)],
)
def test_width_counts_cells(text: str, cells: int) -> None:
    assert width(text) == cells


def test_clip_says_that_there_was_more() -> None:
    assert clip("abcdef", 6, PLAIN) == "abcdef"
    assert clip("abcdef", 5, PLAIN) == "abcd…"
    assert clip("abcdef", 5, Style(unicode=False)) == "abcd~"
    assert clip("日本語", 4, PLAIN) == "日 …"
    assert clip("abc", 0, PLAIN) == ""


@given(st.text(st.characters(exclude_categories=["C", "M"]), max_size=40), st.integers(0, 40))
def test_clipped_text_fits(text: str, columns: int) -> None:
    assert width(clip(text, columns, PLAIN)) <= columns


def test_spans_are_painted_and_cut_together() -> None:
    spans = [("abc", "red"), ("def", "bold"), ("ghi", "")]
    assert fit(spans, 5, PLAIN) == "abcd…"
    assert fit(spans, 5, Style(colour=True)) == "\x1b[31mabc\x1b[0m\x1b[1md…\x1b[0m"


def test_pad_fills_up_cells() -> None:
    assert pad("日本", 6) == "日本  "


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("plain text", "plain text"),
        ("\x1b[1;31mred\x1b[0m text", "red text"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b[2J\x1b[Hhome\x1bc", "home"),
        (" 10%\r 50%\r100%", "100%"),
        ("windows\r\n", "windows"),
        ("a\tb", "a       b"),
        ("bell\x07 and\x00 \x9b31mcsi", "bell and 31mcsi"),
        ("cut off\x1b[", "cut off"),
    ],
)
def test_clean_text_cannot_move_the_cursor(text: str, left: str) -> None:
    assert clean(text) == left


@given(st.text())
def test_nothing_unclean_is_left(text: str) -> None:
    assert not {character for character in clean(text) if ord(character) < 32 or 127 <= ord(character) < 160}


def test_lines_are_broken_between_words_and_nothing_of_them_is_lost() -> None:
    line = f"  note: {Style(colour=True).paint('web1', 'bold')}: one two three"
    assert [PAINT.sub("", each) for each in wrap(line, 20)] == ["  note: web1: one", "    two three"]
    assert wrap("a word", None) == wrap("a word", 6) == ["a word"]
    assert wrap("x" * 30, 10) == ["x" * 30]
    assert " ".join(piece.strip() for piece in wrap("one two three four", 9)) == "one two three four"
