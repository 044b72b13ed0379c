"""Formats log lines: with host and process before each line, or as one JSON object each."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from slipway.logs.merge_hosts import Batch
from slipway.output.colours import host_colours
from slipway.output.json_output import to_json
from slipway.output.text_width import pad, width

if TYPE_CHECKING:
    from slipway.output.terminal import Terminal

Show = Callable[[Batch], bytes]

# Colours of the app's own pass; whatever else a line holds must not steer the terminal of whoever reads it.
_CONTROL = re.compile(r"(\x1b\[[\d;:]*m)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_COLOUR = "\x1b["


def as_lines(hosts: Sequence[str], processes: Sequence[str], to: Terminal) -> Show:
    """`web1 web    | text`; for pipes and files the bytes of the text are those of the log.

    Args:
        hosts, processes: that may appear; they get columns of their width, and colours of their own.
    """
    hosts_wide, processes_wide = max(map(width, hosts), default=0), max(map(width, processes), default=0)
    host_colour, process_colour = host_colours(hosts), dict(host_colours(processes))
    known: dict[tuple[str, str], bytes] = {}
    encoding = to.stream.encoding or "utf-8"

    def prefix(host: str, process: str) -> bytes:
        colour = process_colour.get(process) or host_colours([process])[process]
        first = to.style.paint(pad(host, hosts_wide), host_colour.get(host, ""))
        text = f"{first} {to.style.paint(pad(process, processes_wide) + ' |', colour)} "
        return known.setdefault((host, process), text.encode(encoding, "backslashreplace"))

    def show(batch: Batch) -> bytes:
        before = known.get((batch.host, batch.process)) or prefix(batch.host, batch.process)
        lines = _for_terminal(batch.lines, encoding) if to.tty else batch.lines
        return before + lines[:-1].replace(b"\n", b"\n" + before) + b"\n"

    return show


def as_json(batch: Batch) -> bytes:
    """One object a line: time (UTC, null if unknown), host, process, release (null if it has none), line."""
    at = None
    if batch.time is not None:
        at = datetime.fromtimestamp(batch.time, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    about = {"time": at, "host": batch.host, "process": batch.process, "release": batch.release or None}
    lines = batch.lines[:-1].decode("utf-8", "backslashreplace").split("\n")
    return "".join(f"{to_json({**about, 'line': line}, compact=True)}\n" for line in lines).encode()


def _for_terminal(lines: bytes, encoding: str) -> bytes:
    text = lines.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    if _CONTROL.search(text):
        text = _CONTROL.sub(lambda found: found[1] or f"\\x{ord(found[0]):02x}", text)
        if _COLOUR in text:
            text = "".join(f"{line}\x1b[0m\n" if _COLOUR in line else f"{line}\n" for line in text[:-1].split("\n"))
    return text.encode(encoding, "backslashreplace")
