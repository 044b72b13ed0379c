"""What a stream can do, by what it is and by what the environment says."""

from __future__ import annotations

import io

import pytest

from slipway.output.terminal import USUAL, Terminal, terminal
from tests.output.plans import Pipe, Screen

XTERM = {"TERM": "xterm-256color"}


def test_a_terminal_redraws_in_colour() -> None:
    made = terminal(Screen(), XTERM)
    assert (made.live, made.style.colour, made.style.unicode) == (True, True, True)


@pytest.mark.parametrize("environ", [{}, {"TERM": "dumb"}, XTERM | {"NO_COLOR": "1"}, XTERM | {"CI": "true"}])
def test_plain_lines_where_the_environment_says_so(environ: dict[str, str]) -> None:
    made = terminal(Screen(), environ)
    assert (made.live, made.style.colour) == (False, False)


def test_an_empty_setting_is_none() -> None:
    assert terminal(Screen(), XTERM | {"NO_COLOR": "", "CI": ""}).live


def test_a_pipe_gets_plain_lines_of_any_length() -> None:
    made = terminal(Pipe(), XTERM)
    assert (made.live, made.style.colour, made.columns) == (False, False, None)


def test_colours_can_be_forced_but_no_color_wins() -> None:
    assert terminal(Pipe(), XTERM | {"FORCE_COLOR": "1"}).style.colour
    assert not terminal(Pipe(), XTERM | {"FORCE_COLOR": "1"}).live
    assert not terminal(Pipe(), XTERM | {"FORCE_COLOR": "0"}).style.colour
    assert not terminal(Pipe(), XTERM | {"FORCE_COLOR": "1", "NO_COLOR": "1"}).style.colour


def test_the_size_is_the_usual_one_where_nobody_says_it() -> None:
    assert terminal(Screen(), XTERM).size() == USUAL


def test_what_an_encoding_lacks_is_escaped_and_no_reason_to_stop() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    made = terminal(stream, XTERM)
    assert not made.style.unicode
    made.print(["Füße"])
    assert stream.buffer.getvalue() == b"F\\xfc\\xdfe\n"


def test_lines_are_written_in_one_piece() -> None:
    screen = Screen()
    Terminal(screen).print(["one", "two"])
    assert screen.writes == ["one\ntwo\n"]
