"""Tables: alignment, cutting, wide characters."""

from __future__ import annotations

from slipway.output.colours import Style
from slipway.output.table import Cell, Column, table
from slipway.output.text_width import width

COLUMNS = (Column("host"), Column("commit", shrinks=True), Column("memory", right=True), Column("note", shrinks=True))
ROWS: list[list[Cell]] = [
    ["web1", "Fix the form", "9 MiB", ""],
    [("worker", "bold"), ("日本語のコミット", "green"), "120 MiB", ""],
]


def test_columns_are_aligned_and_empty_ones_left_out() -> None:
    assert table(COLUMNS, ROWS) == [
        "host    commit             memory",
        "web1    Fix the form        9 MiB",
        "worker  日本語のコミット  120 MiB",
    ]


def test_nothing_is_cut_without_a_width() -> None:
    rows = [["web1", "word " * 200, "1", "x"]]
    assert table(COLUMNS, rows)[1].startswith("web1  " + "word " * 200)


def test_what_shrinks_is_cut_first() -> None:
    lines = table(COLUMNS, ROWS, width=26)
    assert all(width(line) <= 26 for line in lines)
    assert lines[1] == "web1    Fix the …    9 MiB"
    assert lines[2].endswith("120 MiB")


def test_lines_never_exceed_the_terminal() -> None:
    for columns in range(5, 60):
        assert all(width(line) <= columns for line in table(COLUMNS, ROWS, width=columns))


def test_looks_are_painted_only_with_colours() -> None:
    assert not any("\x1b" in line for line in table(COLUMNS, ROWS))
    assert "\x1b[32m日本語のコミット" in table(COLUMNS, ROWS, style=Style(colour=True))[2]


def test_text_is_taken_literally_and_cannot_move_the_cursor() -> None:
    rows = [["[bold]web1[/bold] :smile:", "a\nb\x1b[2J", "1", ""]]
    assert table(COLUMNS, rows)[1] == "[bold]web1[/bold] :smile:  ab           1"


def test_a_table_without_rows_has_no_columns() -> None:
    assert table(COLUMNS, []) == []
