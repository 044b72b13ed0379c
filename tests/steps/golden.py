"""Compares texts with the files in tests/golden, so that every change of one is reviewed."""

from __future__ import annotations

import os
import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "golden"
# What stands for whole files, and changes with each of them.
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
GIVEN = re.compile(r"(\"given\": |argv\.pop\(1\)\)\)\)' )[0-9]+")
PROGRAM = re.compile(r"(<<'(SLIPWAY_PROGRAM|SLIPWAY_RECEIVER)'[^\n]*)\n.*?\n(\2)", re.DOTALL)


# The second program of a line that has two.
SECOND = re.compile(r"(\nSLIPWAY_PROGRAM)\nfrom __future__.*?\n(SLIPWAY_RECEIVER)", re.DOTALL)


def check(name: str, text: str) -> None:
    """Compare with the kept text; with SLIPWAY_GOLDEN=write, keep this one instead."""
    path = FOLDER / name
    if os.environ.get("SLIPWAY_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode(), f"if this is right: SLIPWAY_GOLDEN=write pytest {name}"


def folded(script: str) -> str:
    """A script without the text of the programs in it, which have tests of their own, and without digests of files."""
    script = PROGRAM.sub(r"\1\n...\n\3", script)
    script = SECOND.sub(r"\1\n...\n\2", script)
    return GIVEN.sub(r"\1LENGTH", DIGEST.sub("DIGEST", script))
