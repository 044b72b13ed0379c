"""Write files to a stream, each with its kind, name and size before it, as `host.receive_files` reads them."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Output(Protocol):
        def write(self, data: bytes, /) -> object: ...


CHUNK = 1 << 18


def send_file(output: Output, name: str, path: str, shorter: str) -> None:
    """Send a regular file; its kind is `program` if its owner may run it, else `file`.

    Args:
        shorter: what to say where it becomes shorter meanwhile.
    """
    with open(path, "rb") as file:
        stat = os.fstat(file.fileno())
        left = stat.st_size
        send_head(output, "program" if stat.st_mode & 0o100 else "file", name, b"", left)
        while left:
            data = file.read(min(left, CHUNK))
            if not data:
                sys.exit(f"{name} {shorter}")
            left -= len(data)
            output.write(data)


def send_head(output: Output, kind: str, name: str, content: bytes, size: int = 0) -> None:
    path = os.fsencode(name)
    output.write(b"%b %d %d\n%b%b" % (kind.encode(), len(path), size or len(content), path, content))
