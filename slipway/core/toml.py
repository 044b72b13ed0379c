"""Reads TOML on every supported Python: the standard library has a parser only since 3.11."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

_parser = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")


def parse(text: str) -> dict[str, Any]:
    """Read a TOML document. Raises ValueError: it is none; the message ends in `(at line 3, column 5)`."""
    try:
        document: dict[str, Any] = _parser.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return document
