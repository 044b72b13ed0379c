"""Run the health command of an app once, as the app's user."""

from __future__ import annotations

import os
import time

from slipway.remote.host.program_io import TAIL_BYTES, TAIL_LINES
from slipway.remote.host.read_output_until_exit import last_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TIMED_OUT = (124, 137)  # what timeout(1) exits with
PATIENCE = 10  # seconds: timeout(1) kills after five, unless the app's user, whose process it is, keeps it from that


def attempt(options: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Run the command once; return its exit code, how long it took, what it printed last, and what is wrong.

    It is over when the command itself has ended, whatever processes it leaves behind.
    """
    within = str(max(1, round(seconds)))
    began = time.monotonic()
    code, said = last_output(
        [within if word == "{seconds}" else word for word in options["words"]],
        TAIL_BYTES,
        int(within) + PATIENCE,
        errors=True,
        cwd="/",
        env={name: value for name, value in os.environ.items() if not name.startswith("SLIPWAY_")},
    )
    lines = said.decode("utf-8", "replace").splitlines()[-TAIL_LINES:]
    late = code is None or code in TIMED_OUT
    code = TIMED_OUT[0] if code is None else code
    ended = f" (it was ended after {within} s)" if late else ""
    why = f"the health command exits with {code}{ended}: {options['command']}" if code else ""
    return {
        "exit": code,
        "ms": round(1000 * (time.monotonic() - began), 1),
        "said": "\n".join(lines),
        "why": why,
    }
