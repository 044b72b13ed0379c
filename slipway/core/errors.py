"""Defines the errors that a user can fix: one clear line, a hint, an exit code; never a traceback."""

from __future__ import annotations


class SlipwayError(Exception):
    """An error that a user can understand: it says what failed and what to do next.

    Args:
        message: one line saying what is wrong and where.
        hint: what to do next, as a full sentence or a command.
        code: the exit code of the whole command.
    """

    def __init__(self, message: str, *, hint: str = "", code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code


def in_lines(error: SlipwayError, label: str = "error:") -> list[str]:
    """An error as it is shown: `error: MESSAGE`, and `  → HINT` below it if there is something to do, in its own lines.

    Nothing of it steers the terminal, since it repeats what was typed.
    """
    import sys

    from slipway.core.printable import clean

    arrow = "→" if "utf" in (sys.stderr.encoding or "").lower() else "->"
    hint = [clean(line) for line in f"  {arrow} {error.hint}".split("\n")] if error.hint else []
    return [f"{label} {clean(error.message)}", *hint]


class UsageError(SlipwayError):
    """A wrong argument, selection or inventory: exit code 2, and nothing was asked of any host."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint, code=2)
