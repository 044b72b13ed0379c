"""The lines that a host sends are parsed."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.env.dotenv import Secret
from slipway.fleet.marked_lines import LIMIT, Line, done, lines, masked

NONCE = "5e55101"
MARK = b"\x01" + NONCE.encode() + b" "


def heard(*chunks: bytes) -> list[tuple[str, str]]:
    return [(kind, text) for kind, text in lines(chunks, NONCE)]


def test_output_comes_as_lines() -> None:
    assert heard(b"one\ntwo\n\nfour") == [("line", "one"), ("line", "two"), ("line", ""), ("line", "four")]


def test_markers_are_told_from_output() -> None:
    assert heard(MARK + b"ready\n" + MARK + b"step venv\n" + MARK + b"fact key some value\n") == [
        ("ready", ""),
        ("step", "venv"),
        ("fact", "key some value"),
    ]


def test_a_marker_begins_a_line_after_output_without_an_end() -> None:
    assert heard(b"half" + MARK + b"done 1 0\n") == [("line", "half"), ("done", "1 0")]


def test_a_marker_at_the_begin_of_a_chunk_brings_no_empty_line() -> None:
    assert heard(b"one\n", MARK + b"step a\n", MARK + b"step b\n") == [("line", "one"), ("step", "a"), ("step", "b")]


def test_several_markers_in_one_line_are_told_apart() -> None:
    assert heard(b"x" + MARK + b"note a" + MARK + b"done 1 0\n") == [("line", "x"), ("note", "a"), ("done", "1 0")]


def test_what_only_looks_like_a_marker_is_output() -> None:
    text = MARK + b"unknown word" + MARK + b"donee 1 0\x01"
    assert heard(text + b"\n") == [("line", text.decode().replace("\x01", "?"))]


@pytest.mark.parametrize("kind", ["ready", "step x", "fact current evil", "hidden kept e30=", "done 1 0", "fail no"])
@pytest.mark.parametrize("nonce", ["", "5e5510 ", "5e551011 ", "5E55101 ", " 5e55101 ", "*** "])
def test_without_the_nonce_nothing_is_a_marker(nonce: str, kind: str) -> None:
    assert heard(f"\x01{nonce}{kind}\n".encode()) == [("line", f"?{nonce}{kind}")]


def test_control_characters_are_made_harmless_in_every_line() -> None:
    steering = b"\x1b]0;title\x07\x1b[2J\x9b1A"
    assert heard(steering.replace(b"\x9b", b"\xc2\x9b") + b"\n" + MARK + b"note \x1b[2Jx\n") == [
        ("line", "?]0;title??[2J?1A"),
        ("note", "?[2Jx"),
    ]


def test_colours_tabs_and_progress_bars_pass() -> None:
    assert heard(b"\x1b[1;32mok\x1b[0m\t10%\r20%\n") == [("line", "\x1b[1;32mok\x1b[0m\t10%\r20%")]


def test_only_two_numbers_end_a_script() -> None:
    assert done(Line("done", "3 143")) == (3, 143)
    for text in ("", "3", "3 x", "3 1 4", "-3 1"):
        assert done(Line("done", text)) is None
    assert done(Line("line", "3 143")) is None


def test_bytes_that_are_no_text_do_not_disturb() -> None:
    assert heard(b"caf\xe9\n") == [("line", "caf\ufffd")]


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\n", exclude_categories=["Cc", "Cs"], codec="utf-8")), max_size=8
    ),
    st.lists(st.integers(0, 200), max_size=8),
)
def test_chunks_may_break_anywhere(texts: list[str], cuts: list[int]) -> None:
    whole = b"".join(text.encode() + b"\n" + MARK + b"note " + text.encode() + b"\n" for text in texts)
    places = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    chunks = [whole[start:end] for start, end in pairwise(places)]
    assert heard(*chunks) == [part for text in texts for part in (("line", text), ("note", text))]


def flood(size: int, chunk: bytes) -> Iterator[bytes]:
    for _ in range(size // len(chunk)):
        yield chunk


def test_fifty_megabytes_of_lines_take_seconds() -> None:
    started = time.monotonic()
    assert sum(1 for _ in lines(flood(50_000_000, (b"x" * 79 + b"\n") * 800), NONCE)) > 600_000
    assert time.monotonic() - started < 10


def test_fifty_megabytes_without_an_end_take_neither_time_nor_memory() -> None:
    started = time.monotonic()
    tracemalloc.start()
    longest = max(len(line.text) for line in lines(flood(50_000_000, b"x" * 65536), NONCE))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert longest == LIMIT
    assert peak < 10 * LIMIT
    assert time.monotonic() - started < 10


def test_secrets_are_masked_in_lines_of_every_kind_the_longer_one_first() -> None:
    given = [Line("line", "GET https://ann:pass-word@x/"), Line("error", "1 curl pass-word"), Line("note", "nothing")]
    secrets = [Secret("pass-word"), Secret("ann:pass-word@"), Secret("")]
    assert list(masked(given, secrets)) == [
        ("line", "GET https://***x/"),
        ("error", "1 curl ***"),
        ("note", "nothing"),
    ]
