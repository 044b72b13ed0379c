"""Reads YAML by the parser that Invoke brings along: a few files of others are no reason for one more dependency."""

from __future__ import annotations

from typing import Any

LONGEST = 1 << 16  # bytes; what describes an app is shorter


def parse(text: str) -> Any:
    """The value that a document holds.

    Raises:
        ValueError: it is no YAML, or too long.
    """
    from invoke.vendor import yaml

    if len(text) > LONGEST:
        raise ValueError("too long")
    try:
        return yaml.safe_load(text)  # type: ignore[no-untyped-call]
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(str(error)) from None
