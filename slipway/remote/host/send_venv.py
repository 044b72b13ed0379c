"""Print the files of a venv, compressed, for other hosts of the same kind; `host.receive_venv` reads it.

Runs as the account that deploys, which has installed them.

Options:
    venv: its folder. Links, bytecode and what lies directly in it is left out: every host makes its own.

The stream: MAGIC, then a zlib stream of `KIND NAME_BYTES SIZE` lines, where KIND is `file` or `program`, each followed
by a name and the content; at its end `report 2` and an empty JSON object.
"""

from __future__ import annotations

import json
import os
import sys
import zlib

from slipway.remote.host.stream_files import send_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, BinaryIO

MAGIC = b"\x01slipway venv 1\n"
FASTEST = 1


class Packed:
    """Compresses what is written to a stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.packer = zlib.compressobj(FASTEST)

    def write(self, data: bytes) -> None:
        self.stream.write(self.packer.compress(data))

    def close(self) -> None:
        self.stream.write(self.packer.flush())
        self.stream.flush()


def main(options: dict[str, Any]) -> None:
    """Send everything."""
    venv = os.path.realpath(options["venv"])
    sys.stdout.buffer.write(MAGIC)
    output = Packed(sys.stdout.buffer)
    for name in sorted(names_in(venv)):
        send_file(output, name, os.path.join(venv, name), "became shorter while it was read")
    output.write(b"report 2\n{}")
    output.close()


def names_in(venv: str) -> Iterable[str]:
    """Name the files to be sent."""
    for folder, folders, files in os.walk(venv):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in files if folder != venv else ():
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                yield os.path.relpath(path, venv)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
