"""Progress as plain lines: for pipes, files and CI."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from slipway.step import Phase, Step


class PlainProgress:
    """One line a phase; with `verbose`, one for each step and each line of output too, prefixed by the host."""

    def __init__(self, verbose: bool = False, stream: TextIO | None = None) -> None:
        self._verbose = verbose
        self._stream = stream or sys.stderr

    def __enter__(self) -> PlainProgress:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def phase(self, phase: Phase) -> None:
        self._say(f"{phase.title} ({', '.join(phase.steps)})")

    def step(self, host: str, step: Step) -> None:
        if self._verbose:
            self._say(f"{host} | {step.title}")

    def line(self, host: str, text: str) -> None:
        if self._verbose:
            self._say(f"{host} |   {text}")

    def ended(self, host: str, phase: str, ok: bool) -> None:
        pass

    def undoing(self, hosts: Iterable[str]) -> None:
        self._say(f"Put everything back ({', '.join(hosts)})")

    def _say(self, text: str) -> None:
        print(text, file=self._stream, flush=True)
