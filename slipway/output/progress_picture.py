"""Draws one moment of a running plan: a headline with the phases, and one line per host."""

from __future__ import annotations

from types import MappingProxyType

from slipway.output.colours import Style, host_colours
from slipway.output.progress_state import ProgressState, Row, State
from slipway.output.text_width import Span, fit, pad, width

FOLD = 30  # hosts; with more, or with more than there are rows, they are counted
LOOKS = MappingProxyType({"waiting": "dim", "running": "cyan", "ok": "green", "failed": "bold red"})
WORDS = MappingProxyType({"failed": "failed", "running": "at work", "ok": "through", "waiting": "waiting"})

Marks = dict[str, str]


def progress_lines(progress_state: ProgressState, columns: int, rows: int, style: Style) -> list[str]:
    """Draw the state: at most `rows` lines, each of less than `columns` cells; none before a plan begins."""
    if not progress_state.phases:
        return []
    now = progress_state.clock()
    frame = style.spinner[int((now - progress_state.began) * 10) % len(style.spinner)]
    marks = {"waiting": style.dot, "running": frame, "ok": style.tick, "failed": style.cross}
    one_each = len(progress_state.rows) <= min(FOLD, rows - 1)
    below = _hosts(progress_state, columns, marks, now) if one_each else _folded(progress_state, marks)
    lines = [_headline(progress_state, columns, marks, now), *below]
    return [fit(spans, columns - 1, style) for spans in lines[: max(1, rows)]]


def _headline(progress_state: ProgressState, columns: int, marks: Marks, now: float) -> list[Span]:
    """All phases, if there is room for them, else the one that runs."""
    head = [(progress_state.operation, "bold"), (_clocked(now - progress_state.began), "")]
    name, title = progress_state.phases[progress_state.at]
    if progress_state.undone:
        return [*head, (f"{marks['failed']} {name}  ", "red"), ("reverting all hosts", "yellow")]
    undated: list[Span] = []
    for index, (name, _) in enumerate(progress_state.phases):
        state = "ok" if index < progress_state.at else "running" if index == progress_state.at else "waiting"
        undated.append((f"{marks[state]} {name}  ", "bold" if state == "running" else LOOKS[state]))
    if sum(width(text) for text, _ in (*head, *undated)) < columns:
        return [*head, *undated]
    count = f" ({progress_state.at + 1} of {len(progress_state.phases)})" if progress_state.counted else ""
    return [*head, (f"{marks['running']} {title}", "bold"), (count, "dim")]


def _hosts(progress_state: ProgressState, columns: int, marks: Marks, now: float) -> list[list[Span]]:
    colours = host_colours(progress_state.rows)
    names = min(max(map(width, progress_state.rows), default=0), columns // 2)
    return [
        [(f"  {marks[row.state]} ", LOOKS[row.state]), (pad(host, names), colours[host]), *_doing(row, now)]
        for host, row in progress_state.rows.items()
    ]


def _doing(row: Row, now: float) -> list[Span]:
    if row.state == "waiting":
        return []
    if row.state == "running":
        said = f"  {row.said}" if row.said else ""
        return [(_clocked(now - row.since), "dim"), (row.title, ""), (said, "dim")]
    failed = [(f"failed: {row.title}", "red")] if row.state == "failed" else []
    return [(_clocked(row.seconds), "dim"), *failed]


def _folded(progress_state: ProgressState, marks: Marks) -> list[list[Span]]:
    """Counts, then who is where: failures first, then each step that is under way."""
    groups: dict[tuple[State, str], list[str]] = {}
    for host, row in progress_state.rows.items():
        groups.setdefault((row.state, row.title), []).append(host)
    counts = {state: sum(row.state == state for row in progress_state.rows.values()) for state in marks}
    lines = [
        [(f"  {marks[state]} {counts[state]} {word}", LOOKS[state]) for state, word in WORDS.items() if counts[state]]
    ]
    for wanted in ("failed", "running"):
        for (state, title), hosts in groups.items():
            if state == wanted:
                lines.append(
                    [
                        (f"    {marks[state]} ", LOOKS[state]),
                        (title, ""),
                        (f"  {len(hosts)}", "bold"),
                        (f"  {', '.join(hosts)}", "dim"),
                    ]
                )
    return lines


def _clocked(seconds: float) -> str:
    """A running time in nine cells, so that what follows stays in its place."""
    if seconds < 100:
        return f"{seconds:5.1f} s  "
    return f"{int(seconds) // 60:3}:{int(seconds) % 60:02}   "
