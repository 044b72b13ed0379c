"""How programs on hosts print facts that output cannot forge, and the end of logs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from slipway.remote.host import program_io


def test_facts_are_lines_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    program_io.fact("pids", {"b": 1, "a": [2]})
    program_io.fact("current", "r1")
    program_io.fact("text", "two\nlines")
    assert capsys.readouterr().out == (
        '\x01fact pids {"a": [2], "b": 1}\n\x01fact current r1\n\x01fact text "two\\nlines"\n'
    )


def test_what_an_app_logs_cannot_pass_for_a_fact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"
    log.write_text("\x01fact current evil\n")
    program_io.say(program_io.with_log("It failed.", str(log)))
    assert "\x01" not in capsys.readouterr().out


def test_only_what_is_new_in_a_log_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("yesterday\n")
    before = program_io.size(str(log))
    assert program_io.tail(str(log), before) == "yesterday", "better something old than nothing"
    with log.open("a") as file:
        file.write("".join(f"line {number}\n" for number in range(30)))
    lines = program_io.tail(str(log), before).split("\n")
    assert (lines[0], lines[-1], len(lines)) == ("line 14", "line 29", 16)


def test_the_cause_is_shown_even_if_what_came_of_it_fills_the_end_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    frames = [f'  File "{number}.py", line 1' for number in range(30)]
    cause = [
        "Traceback (most recent call last):",
        *frames,
        "ImportError: no such module",
        "[2026-11-27 10:00:00 +0000] Bye",
    ]
    log.write_text("\n".join(["Starting", *cause, "Traceback (most recent call last):", *frames, "HaltServer: 3"]))
    lines = program_io.tail(str(log)).split("\n")
    assert len(lines) == 16
    assert lines[6:10] == ['  File "29.py", line 1', "ImportError: no such module", "...", '  File "24.py", line 1']
    assert lines[-1] == "HaltServer: 3"


def test_the_exception_is_shown_although_a_mail_with_all_settings_follows_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    trace = ["Traceback (most recent call last):", '  File "a.py", line 1', "ValueError: no such colour", "  red"]
    for pages in (300, 60_000):
        log.write_text(
            "\n".join(["Starting", *trace, "", *[f"SETTING_{number} = {number}" for number in range(pages)]])
        )
        for since in (0, 9):
            lines = program_io.tail(str(log), since).split("\n")
            assert len(lines) <= 16
            assert "ValueError: no such colour" in lines and "  red" in lines
            assert lines[-1] == f"SETTING_{pages - 1} = {pages - 1}"


def test_the_last_exception_of_those_that_came_while_another_was_handled_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "log"
    begin = "Traceback (most recent call last):"
    chain = [begin, '  File "a.py"', "StopIteration", "", "During handling of the above exception, another exception"]
    chain += ["occurred:", "", begin, '  File "b.py"', "NotFound: shop", *["more"] * 30]
    log.write_text("\n".join(chain))
    assert "NotFound: shop" in program_io.tail(str(log)).split("\n")


def test_the_machinery_of_imports_takes_no_room_in_what_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "log"
    machinery = [f'  File "<frozen importlib._bootstrap>", line {line}, in _find_and_load' for line in range(9)]
    frames = ['  File "urls.py", line 1, in <module>', "    import missing"]
    log.write_text("\n".join(["Traceback (most recent call last):", *machinery, *frames, "ImportError: missing"]))
    assert program_io.tail(str(log)).split("\n") == [
        "Traceback (most recent call last):",
        *frames,
        "ImportError: missing",
    ]


def test_a_log_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert program_io.tail(str(tmp_path / "none")).endswith("cannot be read: No such file or directory)")
    assert program_io.with_log("It failed.", None) == "It failed."


def test_a_failure_is_told_with_exit_code_1(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def main(options: dict[str, Any]) -> None:
        raise program_io.Failed(f"{options['what']} is broken.\nMend it.")

    monkeypatch.setattr(sys, "argv", ["-", '{"what": "It"}'])
    monkeypatch.setattr(sys, "stdout", open(1, "w", closefd=False))  # noqa: SIM115
    with pytest.raises(SystemExit) as end:
        program_io.run(main)
    assert end.value.code == 1
    assert capfd.readouterr().out == "\x01fail It is broken.\nMend it.\n"
