"""Input and output of programs on hosts: options in; lines for people, notes and facts for the control machine out."""

from __future__ import annotations

import json
import os
import sys

from slipway.remote.host.log_excerpt import excerpt
from slipway.remote.host.open_untrusted_file import opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# The control machine shows 20 lines, and what is said besides the log is among them.
TAIL_LINES = 16
TAIL_BYTES = 16384
FIRST_BYTES = 1 << 20  # of what is new in a log that are searched for the exception


# Proves to the control machine that a line is ours. Whatever we start must not inherit it; what runs as the app's user
# never gets it.
NONCE = os.environ.pop("SLIPWAY_NONCE", "")


class Failed(Exception):
    """The program cannot do what it was asked to; the text says why and what to do next."""


def say(text: str) -> None:
    """Print lines for people; text from a log can never look like a fact."""
    print(text.replace("\x01", "?"), flush=True)


def marked_line(kind: str, text: str) -> None:
    """Print a line for the control machine."""
    print(f"\x01{NONCE and NONCE + ' '}{kind} {text}", flush=True)


def fact(key: str, value: Any) -> None:
    """Tell the control machine something: a one-line string as it is, anything else as JSON."""
    plain = isinstance(value, str) and "\n" not in value
    marked_line("fact", f"{key} {value if plain else json.dumps(value, sort_keys=True)}")


def note(name: str, text: str) -> None:
    """Warn the user, at the end of the whole operation; one line, with the name by which it can be silenced."""
    marked_line("note", f"{' '.join(text.split())} [{name}]")


def size(path: str | None) -> int:
    """Return the size of a log in bytes, 0 where there is none: what is new begins there."""
    try:
        return os.lstat(path).st_size if path else 0
    except OSError:
        return 0


def tail(path: str | None, since: int | None = None) -> str:
    """Return the last lines of a log, only what came after byte `since` if anything did; or nothing."""
    if not path:
        return ""
    try:
        with os.fdopen(opened(os.path.dirname(path), os.path.basename(path)), "rb") as log:
            end = log.seek(0, os.SEEK_END)
            begin = since if since is not None and since < end else 0
            log.seek(max(begin, end - TAIL_BYTES) if since is None else begin)
            lines = log.read(FIRST_BYTES).decode("utf-8", "replace").splitlines()
            if log.tell() < end:
                log.seek(max(log.tell(), end - TAIL_BYTES))
                lines += log.read().decode("utf-8", "replace").splitlines()
    except OSError as error:
        return f"(the log {path} cannot be read: {error.strerror})"
    return "\n".join(excerpt(lines, TAIL_LINES))


def with_log(reason: str, path: str | None, since: int | None = None) -> str:
    """Return a reason with the end of the log below it."""
    lines = tail(path, since)
    return f"{reason}\nLast lines of {path}:\n{lines}" if lines else reason


def options_in(word: str) -> dict[str, Any]:
    """Return the options of one word of the command line."""
    if word.startswith("{"):
        return dict(json.loads(word))
    with open(word, encoding="utf-8") as file:
        return dict(json.load(file))


def run(main: Callable[[dict[str, Any]], None]) -> None:
    """Run a program with the options of its command line; exit 1 with the reason if it failed.

    Each word is a JSON object, or the path of a file with one; what comes later wins.
    """
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        main({key: value for word in sys.argv[1:] for key, value in options_in(word).items()})
    except Failed as failed:
        reason, _, more = str(failed).partition("\n")
        marked_line("fail", reason)
        if more:
            say(more)
        sys.exit(1)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)
