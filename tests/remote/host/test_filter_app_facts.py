"""What a process of the app's user prints: text for people, and no more facts than were asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from slipway.remote import program

NONCE = "5e55101"


def passed_on(data: bytes, **facts: str) -> bytes:
    """What becomes of output that comes at once."""
    code = program("host.filter_app_facts")
    words = [sys.executable, "-I", "-S", "-c", code, json.dumps({"facts": facts})]
    env = {**os.environ, "SLIPWAY_NONCE": NONCE}
    return subprocess.run(words, input=data, capture_output=True, check=True, env=env).stdout


def test_text_passes_byte_for_byte_and_without_our_mark() -> None:
    assert passed_on(b"a\x01done 1 0\n\xff\nno end") == b"a?done 1 0\n\xff\nno end"


@pytest.mark.parametrize("line", ["done 1 0", "step boot", "fact current evil", "fact other {}", "hidden kept e30=",
                                  "ready", f"{NONCE} done 1 0", "error 1 x"])  # fmt: skip
def test_nothing_passes_for_the_agent(line: str) -> None:
    assert passed_on(f"\x01{line}\n".encode(), ps="object") == b""


def test_a_fact_passes_once_if_it_was_asked_for_and_has_its_shape() -> None:
    said = b'\x01fact ps []\n\x01fact ps {"a": 1}\n\x01fact ps {"b": 2}\n\x01fact stopped x y\n\x01fact stopped lost\n'
    expected = f'\x01{NONCE} fact ps {{"a": 1}}\n\x01{NONCE} fact stopped lost\n'
    assert passed_on(said, ps="object", stopped="word") == expected.encode()


def test_a_fact_that_is_no_json_or_has_no_end_of_brackets_is_none() -> None:
    assert passed_on(b"\x01fact ps {\n\x01fact ps " + b"[" * 100_000 + b"\n", ps="object") == b""


def test_what_builds_has_no_note_and_no_reason_to_tell() -> None:
    code = program("host.filter_app_facts")
    words = [sys.executable, "-I", "-S", "-c", code, json.dumps({"facts": {}, "mute": True})]
    said = b"before\n\x01fail forged\n\x01note forged\n\x01fact ps {}\nafter\n"
    assert subprocess.run(words, input=said, capture_output=True, check=True).stdout == b"before\nafter\n"


def test_notes_are_few_and_short_and_there_is_one_reason() -> None:
    said = passed_on(b"\x01note " + b"n" * 9999 + b"\n" + b"\x01note x\n" * 100 + b"\x01fail one\n\x01fail two\n")
    lines = said.decode().splitlines()
    assert len([line for line in lines if " note " in line]) == 20
    assert max(map(len, lines)) < 600
    assert [line for line in lines if " fail " in line] == [f"\x01{NONCE} fail one"]
