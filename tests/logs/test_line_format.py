"""How lines look, in a terminal, in a file, and as data."""

from __future__ import annotations

import io
import json

from slipway.logs.line_format import as_json, as_lines
from slipway.logs.merge_hosts import Batch
from slipway.output.colours import Style
from slipway.output.terminal import Terminal

STREAM = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
FILE = Terminal(STREAM)
TTY = Terminal(STREAM, tty=True)
COLOUR = Terminal(STREAM, tty=True, style=Style(colour=True))


def batch(lines: bytes, host: str = "web1", process: str = "web", at: float | None = None) -> Batch:
    return Batch(host, process, "20261120-131502-abc1234", lines, at)


def shown(to: Terminal, lines: bytes) -> bytes:
    return as_lines(["web1", "web10"], ["web", "worker"], to)(batch(lines))


def test_each_line_has_its_host_and_process_in_columns() -> None:
    show = as_lines(["web1", "web10"], ["web", "worker"], FILE)
    assert show(batch(b"one\ntwo\n")) == b"web1  web    | one\nweb1  web    | two\n"
    assert show(batch(b"\n", "web10", "worker")) == b"web10 worker | \n"
    assert show(batch(b"x\n", "web10", "task:1")) == b"web10 task:1 | x\n"


def test_a_file_gets_the_bytes_of_the_log() -> None:
    assert shown(FILE, b"\xff\x00\x1b[31mred\r\n").endswith(b"| \xff\x00\x1b[31mred\r\n")


def test_a_terminal_is_not_steered_by_what_visitors_wrote_into_a_log() -> None:
    assert shown(TTY, b"a\x1b]0;title\x07\x1b[2Jb\x00\xff\r\n").endswith(b"| a\\x1b]0;title\\x07\\x1b[2Jb\\x00\\xff\n")
    assert shown(TTY, "käse\tx\n".encode()).endswith("| käse\tx\n".encode())


def test_colours_of_the_app_pass_and_end_with_their_line() -> None:
    said = shown(TTY, b"\x1b[31mred\nplain\n")
    assert said == b"web1  web    | \x1b[31mred\x1b[0m\nweb1  web    | plain\n"


def test_hosts_and_processes_have_colours_that_stay() -> None:
    first, second = shown(COLOUR, b"x\n"), shown(COLOUR, b"x\n")
    assert first == second
    assert first.count(b"\x1b[0m") == 2


def test_json_has_one_object_for_each_line() -> None:
    lines = as_json(batch(b"one\n\xfftwo\n", at=1763646358.25)).decode().splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "time": "2025-11-20T13:45:58.250Z",
            "host": "web1",
            "process": "web",
            "release": "20261120-131502-abc1234",
            "line": text,
        }
        for text in ("one", "\\xfftwo")
    ]
    assert json.loads(as_json(Batch("web1", "access", "", b"x\n")))["release"] is None
