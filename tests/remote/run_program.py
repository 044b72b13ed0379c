"""Runs a remote program in a test, and returns its facts and output."""

from __future__ import annotations

import json
from typing import Any


class Done:
    """How a remote program ended: exit code, all that it printed, the lines for people, the facts."""

    def __init__(self, code: int, output: str, seconds: float) -> None:
        lines = output.replace("\x01fail ", "").splitlines()
        self.code = code
        self.output = output
        self.seconds = seconds
        self.text = "\n".join(line for line in lines if not line.startswith("\x01"))
        facts = (line.split(" ", 2) for line in lines if line.startswith("\x01fact "))
        self.facts: dict[str, Any] = {key: value(text) for _, key, text in facts}


def value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
