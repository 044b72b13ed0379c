"""Asks the user questions at the terminal."""

from __future__ import annotations

import sys


def asked(question: str) -> bool:
    """Ask on standard error and read a line; only a yes is a yes, and the end of the input is none."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def answer(question: str) -> str:
    """Ask on standard error, and return the line that the user types."""
    print(f"{question} ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()
