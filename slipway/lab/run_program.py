"""Runs the local programs that the lab needs: ssh-keygen, podman, mmdebstrap and others."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.core.errors import SlipwayError

DEFAULT_TIMEOUT = 120.0


@dataclass(frozen=True)
class Answer:
    """How a program ended and what it said (bytes: archives travel this way too)."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def ok(self) -> bool:
        return self.code == 0

    @property
    def text(self) -> str:
        return self.stdout.decode(errors="replace").strip()

    @property
    def reason(self) -> str:
        """The last line of what it complained about, for a message of one line."""
        lines = [line for line in (self.stderr or self.text).splitlines() if line.strip()]
        return lines[-1].strip() if lines else f"exit code {self.code}"


def run(argv: Sequence[str | Path], *, data: bytes | None = None, timeout: float = DEFAULT_TIMEOUT) -> Answer:
    """Run a program to its end; never raises for a failure, which the answer's `code` tells.

    Args:
        argv: program and arguments; no shell looks at them.
        data: what it reads; nothing by default.
        timeout: seconds until it is killed; this counts as code 124.
    """
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(words, capture_output=True, input=data or b"", timeout=timeout, check=False)
    except FileNotFoundError:
        return Answer(127, b"", f"{words[0]}: not installed")
    except PermissionError:
        return Answer(126, b"", f"{words[0]}: not executable")
    except subprocess.TimeoutExpired:
        return Answer(124, b"", f"{words[0]}: no answer within {timeout:g} s")
    return Answer(done.returncode, done.stdout, done.stderr.decode(errors="replace"))


def must(
    argv: Sequence[str | Path],
    doing: str,
    *,
    data: bytes | None = None,
    timeout: float = DEFAULT_TIMEOUT,
    hint: str = "",
) -> Answer:
    """Like `run`, but a failure ends the command with one line.

    Args:
        doing: what it was for, as in "start lab1".

    Raises:
        SlipwayError: "cannot {doing}: {the program's last words}".
    """
    answer = run(argv, data=data, timeout=timeout)
    if not answer.ok:
        raise SlipwayError(f"cannot {doing}: {answer.reason}", hint=hint)
    return answer
