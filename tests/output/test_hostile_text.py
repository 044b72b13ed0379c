"""What others wrote (subjects of commits, notes of hosts, reasons of locks) cannot steer the operator's terminal."""

from __future__ import annotations

import ast
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slipway.cli.executor import describe
from slipway.core.errors import SlipwayError
from slipway.core.printable import CONTROLS
from slipway.model.outcome import HostOutcome, Outcome, Result
from slipway.output import command_output, dry_run, live_progress, plain_progress
from slipway.output.colours import PAINT, Style
from slipway.output.json_output import to_json
from slipway.output.operation_words import Headings
from slipway.output.outcome_report import report
from slipway.output.releases_and_history import history_table
from slipway.output.table import Column, table
from slipway.output.terminal import Terminal
from tests.output.plans import Pipe, Screen, deploy, step

# Clears the screen, sets the title, hides what follows, asks for an answer on standard input, and turns directions.
HOSTILE = "a\x1b[2J\x1b]0;owned\x07\x1b[8mhidden\x1b[c\x9b2Jb\x07\x00\u202ec\rd"
LOOK: dict[str, Any] = {"style": Style(colour=True), "width": 100}


def terminal(colour: bool = True) -> Terminal:
    return Terminal(Pipe(), tty=True, style=Style(colour=colour))


def written(to: Terminal) -> str:
    assert isinstance(to.stream, io.StringIO)
    return to.stream.getvalue()


def outcome() -> Outcome:
    bad = Result(1, "boot", HOSTILE, HOSTILE)
    bad.tail.append(HOSTILE)
    hosts = {
        "web1": HostOutcome("web1", "failed", "boot", bad, notes=[HOSTILE]),
        "web2": HostOutcome("web2", "unreachable", "connect", message=HOSTILE, hint=HOSTILE, notes=[HOSTILE]),
    }
    return Outcome("deploy", hosts, {"boot": 1.0})


def fine() -> Outcome:
    hosts = {name: HostOutcome(name, notes=[HOSTILE], changed=[HOSTILE]) for name in ("web1", "web2")}
    return Outcome("deploy", hosts, {"finish": 1.0})


ABOUT = Headings(deploy("web1", "web2"), HOSTILE, HOSTILE, {"web1": HOSTILE})
RECORD = dict.fromkeys(("operation", "release", "who", "message", "outcome", "subject", "note"), HOSTILE)
RECORD |= {"when": "2026-11-20T13:15:02+00:00"}
RENDERERS: dict[str, Callable[[], list[str]]] = {
    "report": lambda: report(outcome(), ABOUT, style=LOOK["style"], verbose=True),
    "report of success": lambda: report(fine(), ABOUT, style=LOOK["style"], verbose=True),
    "dry": lambda: dry_run.dry(ABOUT, style=Style(colour=True), verbose=True),
    "history": lambda: history_table({"web1": [RECORD]}, **LOOK),
    "table": lambda: table([Column("a")], [[HOSTILE], [(HOSTILE, "red")]], **LOOK),
}


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("colour", [True, False])
def test_no_renderer_lets_it_through(renderer: str, colour: bool) -> None:
    to = terminal(colour)
    to.print(RENDERERS[renderer]())
    left = PAINT.sub("", written(to)).replace("\n", "")
    assert not CONTROLS.search(left)
    assert "\x1b[8m" not in written(to)
    assert written(to).count("\x1b") == 0 or colour


@pytest.mark.parametrize("colour", [True, False])
def test_the_border_itself_keeps_only_our_colours(colour: bool) -> None:
    to = terminal(colour)
    to.print([Style(colour=True).paint("red", "bold red") + HOSTILE])
    expected = "\x1b[1;31mred\x1b[0m" if colour else "red"
    assert written(to) == f"{expected}ahidden2Jbcd" + "\n"


def test_what_a_command_says_keeps_its_colours_and_nothing_else() -> None:
    to = terminal()
    command_output.Stream(["web1"], to).line("web1", f"\x1b[38;5;9mred\x1b[0m{HOSTILE}")
    assert written(to) == "\x1b[38;5;9mred\x1b[0ma\x1b[8mhidden2Jbcd\x1b[0m\n"
    pipe = Terminal(Pipe())
    command_output.Stream(["web1"], pipe).line("web1", HOSTILE)
    assert written(pipe) == f"{HOSTILE}\n"  # for programs byte for byte


@pytest.mark.parametrize("kind", ["plain", "live"])
def test_progress_shows_lines_without_it(kind: str) -> None:
    plan = deploy("web1")
    to = terminal(colour=False)
    screen = Screen()
    shown: Any = (
        plain_progress.Plain(["web1"], to, verbose=True)
        if kind == "plain"
        else live_progress.Live(["web1"], Terminal(screen, live=True, tty=True, size=screen.size), verbose=True)
    )
    shown.begin(plan, connect=True)
    shown.phase(plan.phases[0])
    shown.step("web1", step(plan, "survey"))
    shown.line("web1", HOSTILE)
    shown.tick()
    shown.close()
    text = written(to) if kind == "plain" else screen.text()  # the screen knows no other sequences than ours
    assert not CONTROLS.search(text.replace("\n", ""))


def test_errors_are_clean() -> None:
    lines = describe(SlipwayError(HOSTILE, hint=HOSTILE)) + describe(OSError(HOSTILE))
    assert not CONTROLS.search("".join(lines))


@pytest.mark.parametrize("compact", [True, False])
def test_json_escapes_it_and_loses_nothing(compact: bool) -> None:
    import json

    text = to_json({"a": HOSTILE, "b": "x\ny"}, compact=compact)
    assert not CONTROLS.search(text.replace("\n", ""))
    assert json.loads(text) == {"a": HOSTILE, "b": "x\ny"}


def test_nothing_else_in_tasks_prints_what_hosts_say_uncleaned(root: Path) -> None:
    """A print of values from facts, notes or messages goes through `clean` or a terminal."""
    for path in [*root.glob("tasks/*.py"), *root.glob("slipway/output/*.py")]:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print":
                words = ast.unparse(call)
                for told in ("facts", "notes", ".message", "held}", "why(", ".why", "trouble}"):
                    assert told not in words or "clean(" in words, f"{path.name}: {words}"
