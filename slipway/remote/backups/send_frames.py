"""Send files and a report from the app's account to the account that deploys, see `backups.archive_from_app`."""

from __future__ import annotations

import json
import os
import sys

from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

PART = 1 << 18  # bytes


def answering(main: Callable[[dict[str, Any], BinaryIO], dict[str, Any]]) -> None:
    """Run a program that answers by frames on standard output; what else is printed goes to standard error."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        kind, report = "report", main(json.loads(sys.argv[1]), out)
    except Failed as failed:
        kind, report = "failed", {"reason": str(failed)}
    except OSError as error:
        kind, report = "failed", {"reason": f"{error.strerror or error}: {error.filename or ''}"}
    text = json.dumps(report).encode()
    out.write(b"%s %d\n%s" % (kind.encode(), len(text), text))
    out.close()


def send_file(out: BinaryIO, name: str, path: str, about: os.stat_result) -> bool:
    """Send a file with the size that it had; say whether that was still so."""
    whole = True
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        send_header(out, "file", name, about, about.st_size)
        left = about.st_size
        while left:
            data = file.read(min(left, PART))
            if not data:
                data, whole = bytes(min(left, PART)), False
            left -= len(data)
            out.write(data)
    return whole


def send_header(out: BinaryIO, kind: str, name: str, about: os.stat_result, size: int) -> None:
    """Send what a file or folder is: `KIND NAME_BYTES SIZE MODE SECONDS`, and its name."""
    raw = os.fsencode(name)
    words = (kind.encode(), len(raw), size, about.st_mode & 0o777, max(0, int(about.st_mtime)))
    out.write(b"%s %d %d %d %d\n%s" % (*words, raw))
