"""Colours: of text and of hosts."""

from __future__ import annotations

from rich.style import Style as RichStyle

from slipway.output.colours import CODES, HOST_COLOURS, PLAIN, Style, host_colours


def test_text_is_painted_only_with_colours() -> None:
    assert PLAIN.paint("text", "red") == "text"
    assert Style(colour=True).paint("text", "bold red") == "\x1b[1;31mtext\x1b[0m"
    assert Style(colour=True).paint("text") == "text"


def test_our_names_of_colours_mean_the_same_in_tables() -> None:
    for name, code in CODES.items():
        assert f"\x1b[{code}m" in RichStyle.parse(name).render("x")


def test_a_host_keeps_its_colour() -> None:
    assert host_colours(["web1"])["web1"] == host_colours(["web1", "worker", "db"])["web1"]


def test_hosts_that_are_shown_together_differ_as_long_as_there_are_colours() -> None:
    names = [f"web{number}" for number in range(len(HOST_COLOURS))]
    assert len(set(host_colours(names).values())) == len(names)
    assert len(host_colours([f"web{number}" for number in range(50)])) == 50


def test_no_host_looks_like_success_or_failure() -> None:
    assert not {"red", "green"} & set(HOST_COLOURS)
