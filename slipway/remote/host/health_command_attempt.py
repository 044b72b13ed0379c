"""Run the health command of an app once, as the app's user."""

from __future__ import annotations

import os
import time

from slipway.remote.host.program_io import TAIL_BYTES, TAIL_LINES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TIMED_OUT = (124, 137)  # what timeout(1) exits with


def attempt(options: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Run the command once; return its exit code, how long it took, what it printed last, and what is wrong."""
    import subprocess

    within = str(max(1, round(seconds)))
    began = time.monotonic()
    done = subprocess.run(
        [within if word == "{seconds}" else word for word in options["words"]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={name: value for name, value in os.environ.items() if not name.startswith("SLIPWAY_")},
    )
    lines = done.stdout[-TAIL_BYTES:].decode("utf-8", "replace").splitlines()[-TAIL_LINES:]
    late = f" (it was ended after {within} s)" if done.returncode in TIMED_OUT else ""
    why = f"the health command exits with {done.returncode}{late}: {options['command']}" if done.returncode else ""
    return {
        "exit": done.returncode,
        "ms": round(1000 * (time.monotonic() - began), 1),
        "said": "\n".join(lines),
        "why": why,
    }
