"""How a moment of a plan looks: a headline with the phases, and below it a line for each host."""

from __future__ import annotations

from types import MappingProxyType

from slipway.output.colours import Style, host_colours
from slipway.output.progress_state import Board, Row, State
from slipway.output.text_width import Span, fit, pad, width

FOLD = 30  # hosts; with more, or with more than there are rows, they are counted
LOOKS = MappingProxyType({"waiting": "dim", "running": "cyan", "ok": "green", "failed": "bold red"})
WORDS = MappingProxyType({"failed": "failed", "running": "at work", "ok": "through", "waiting": "waiting"})

Marks = dict[str, str]


def picture(board: Board, columns: int, rows: int, style: Style) -> list[str]:
    """Draw a board: at most `rows` lines, each of less than `columns` cells; none before a plan begins."""
    if not board.phases:
        return []
    now = board.clock()
    frame = style.spinner[int((now - board.began) * 10) % len(style.spinner)]
    marks = {"waiting": style.dot, "running": frame, "ok": style.tick, "failed": style.cross}
    one_each = len(board.rows) <= min(FOLD, rows - 1)
    below = _hosts(board, columns, marks, now) if one_each else _folded(board, marks)
    lines = [_headline(board, columns, marks, now), *below]
    return [fit(spans, columns - 1, style) for spans in lines[: max(1, rows)]]


def _headline(board: Board, columns: int, marks: Marks, now: float) -> list[Span]:
    """All phases, if there is room for them, else the one that runs."""
    head = [(board.operation, "bold"), (_clocked(now - board.began), "")]
    name, title = board.phases[board.at]
    if board.undone:
        return [*head, (f"{marks['failed']} {name}  ", "red"), ("putting everything back", "yellow")]
    trail: list[Span] = []
    for index, (name, _) in enumerate(board.phases):
        state = "ok" if index < board.at else "running" if index == board.at else "waiting"
        trail.append((f"{marks[state]} {name}  ", "bold" if state == "running" else LOOKS[state]))
    if sum(width(text) for text, _ in (*head, *trail)) < columns:
        return [*head, *trail]
    return [*head, (f"{marks['running']} {title}", "bold"), (f" ({board.at + 1} of {len(board.phases)})", "dim")]


def _hosts(board: Board, columns: int, marks: Marks, now: float) -> list[list[Span]]:
    colours = host_colours(board.rows)
    names = min(max(map(width, board.rows), default=0), columns // 2)
    return [
        [(f"  {marks[row.state]} ", LOOKS[row.state]), (pad(host, names), colours[host]), *_doing(row, now)]
        for host, row in board.rows.items()
    ]


def _doing(row: Row, now: float) -> list[Span]:
    if row.state == "waiting":
        return []
    if row.state == "running":
        said = f"  {row.said}" if row.said else ""
        return [(_clocked(now - row.since), "dim"), (row.title, ""), (said, "dim")]
    failed = [(f"failed: {row.title}", "red")] if row.state == "failed" else []
    return [(_clocked(row.seconds), "dim"), *failed]


def _folded(board: Board, marks: Marks) -> list[list[Span]]:
    """Counts, then who is where: failures first, then each step that is under way."""
    groups: dict[tuple[State, str], list[str]] = {}
    for host, row in board.rows.items():
        groups.setdefault((row.state, row.title), []).append(host)
    counts = {state: sum(row.state == state for row in board.rows.values()) for state in marks}
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
