"""A script's output becomes a Result: facts, notes, the failed step."""

from __future__ import annotations

from slipway.env.dotenv import Secret
from slipway.fleet.marked_lines import Line
from slipway.fleet.read_script_result import SHOWN, collect
from slipway.model.outcome import TAIL, Result


def result_of(*said: tuple[str, str]) -> Result:
    result = collect([*(Line(*line) for line in said), Line("done", "1 0")], 1)
    assert result is not None
    return result


def test_facts_changes_and_notes_are_kept() -> None:
    result = result_of(("fact", "trees a b"), ("fact", "changed x y"), ("fact", "changed z"), ("note", "beware"))
    assert result.facts == {"trees": "a b"}
    assert result.changed == ["x y", "z"]
    assert result.notes == ["beware"]


def test_the_last_lines_of_the_failed_step_are_kept() -> None:
    result = result_of(("step", "a"), ("line", "of a"), ("step", "b"), *[("line", str(n)) for n in range(TAIL + 9)])
    assert result.step == "b"
    assert list(result.tail) == [str(n) for n in range(9, TAIL + 9)]


def test_long_lines_are_kept_in_part() -> None:
    assert len(result_of(("line", "x" * 100_000)).tail[0]) == SHOWN


def test_the_first_failing_command_and_reason_count() -> None:
    result = result_of(("error", "2 cat x"), ("error", "2 ( cat x )"), ("fail", "why"), ("fail", "later"))
    assert result.command == "cat x"
    assert result.reason == "why"


def test_each_step_has_its_time() -> None:
    assert list(result_of(("line", "x"), ("step", "a"), ("step", "b")).seconds) == ["a", "b"]


def test_without_steps_there_are_no_times() -> None:
    assert result_of(("line", "x")).seconds == {}


def test_the_end_of_another_script_is_no_news() -> None:
    lines = [Line("done", "4 143"), Line("line", "x"), Line("done", "5 2"), Line("line", "y")]
    result = collect(lines, 5)
    assert result is not None
    assert (result.code, list(result.tail)) == (2, ["x"])


def test_lines_that_end_too_early_are_no_result() -> None:
    assert collect([Line("line", "x")], 1) is None


def test_listeners_hear_lines_steps_notes_and_facts() -> None:
    heard: list[tuple[str, str]] = []
    said = [("step", "a"), ("line", "b"), ("fact", "c d"), ("note", "e")]
    collect([*(Line(*line) for line in said), Line("alive", ""), Line("done", "1 0")], 1, lambda *x: heard.append(x))
    assert heard == said


def test_what_is_told_us_alone_is_put_together_and_nobody_else_hears_it() -> None:
    heard: list[tuple[str, str]] = []
    said = [Line("hidden", "kept abc"), Line("hidden", "kept def"), Line("hidden", "env x y"), Line("done", "1 0")]
    result = collect(said, 1, lambda *line: heard.append(line))
    assert result is not None
    assert result.hidden == {"kept": Secret("abcdef"), "env": Secret("x y")}
    assert heard == []
    assert "abc" not in repr(result)


def test_the_first_traceback_is_kept_although_pages_follow_it() -> None:
    trace = ["Traceback (most recent call last):", "  frame", "ValueError: x"]
    pages = [str(number) for number in range(TAIL * 3)]
    result = result_of(("step", "b"), *[("line", line) for line in ("before", *trace, *pages)])
    assert result.output[:3] == trace
    assert result.output[-1] == pages[-1]
    again = result_of(*[("line", line) for line in (*trace, *pages)], ("step", "c"), ("line", "end"))
    assert again.output == ["end"]
