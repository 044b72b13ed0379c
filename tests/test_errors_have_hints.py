"""Every error for users says what to do next: a hint of its own, beside what is wrong and where."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
ERRORS = {"SlipwayError", "UsageError"}


def without_hint(text: str) -> Iterator[int]:
    """Lines in which an error is made without a hint, or with an empty one."""
    for call in ast.walk(ast.parse(text)):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        hints = [word.value for word in call.keywords if word.arg == "hint"]
        empty = any(isinstance(hint, ast.Constant) and not hint.value for hint in hints)
        if name in ERRORS and (not hints or empty):
            yield call.lineno


def test_an_error_without_a_hint_is_seen() -> None:
    text = (
        'UsageError("a")\nerrors.SlipwayError("a", code=3)\nUsageError("a", hint="")\nUsageError("a", hint="Do b.")\n'
    )
    assert list(without_hint(text)) == [1, 2, 3]


def test_every_error_says_what_to_do_next() -> None:
    files = [path for folder in ("slipway", "tasks") for path in (REPOSITORY / folder).rglob("*.py")]
    found = [f"{path.relative_to(REPOSITORY)}:{line}" for path in files for line in without_hint(path.read_text())]
    assert found == []
