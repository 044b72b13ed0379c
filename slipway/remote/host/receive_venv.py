"""Fill a new, empty venv with the files of one that another host has handed over; nothing of them is run.

What that host sends is believed no more than what an app sends: only regular files are made, at plain names below
folders of the venv, and never in the place of a file that is there, such as the interpreter or `pyvenv.cfg`.

Options:
    archive: the file that came, as `host.send_venv` prints it. sha256: of it, as the control machine has it.
    venv: the new venv. folder: where the files go first; is made, and is gone at the end.
"""

from __future__ import annotations

import hashlib
import io
import os
import zlib

from slipway.remote.host.program_io import Failed, run
from slipway.remote.host.receive_files import receive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

UNPACKED_PIECE = 1 << 18
INCOMPLETE = "the venv that another host has built did not arrive whole: deploy again"


class Unpacked(io.RawIOBase):
    """Reads what a compressed file holds."""

    def __init__(self, packed: BinaryIO) -> None:
        self.packed = packed
        self.unpacker = zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some of it into a buffer, and return how much; 0 at the end."""
        data = b""
        while not data and not self.unpacker.eof:
            more = self.unpacker.unconsumed_tail or self.packed.read(UNPACKED_PIECE)
            if not more:
                break
            data = self.unpacker.decompress(more, len(buffer))
        buffer[: len(data)] = data
        return len(data)


def main(options: dict[str, Any]) -> None:
    """Compare, unpack, and move everything over."""
    os.umask(0o022)
    folder, venv = options["folder"], options["venv"]
    if digest_of(options["archive"]) != options["sha256"]:
        raise Failed(INCOMPLETE)
    os.mkdir(folder)
    with open(options["archive"], "rb") as packed:
        try:
            receive(io.BufferedReader(Unpacked(packed), UNPACKED_PIECE), folder, {"file": 0o644, "program": 0o755})
        except zlib.error:
            raise Failed(INCOMPLETE) from None
    move_new(folder, venv)


def digest_of(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(UNPACKED_PIECE):
            digest.update(data)
    return digest.hexdigest()


def move_new(folder: str, venv: str) -> None:
    """Move files to the same places in the venv, but for those that are there; no link is followed."""
    for source, _, files in os.walk(folder, topdown=False):
        path = os.path.relpath(source, folder)
        there = os.path.normpath(os.path.join(venv, path))
        if path != ".":
            make_folders(venv, path)
            for name in files:
                place = os.path.join(there, name)
                if os.path.lexists(place):
                    os.unlink(os.path.join(source, name))
                else:
                    os.rename(os.path.join(source, name), place)
        elif files:
            raise Failed(f"a venv has files that do not belong there: {files[0]!r}")
        os.rmdir(source)


def make_folders(venv: str, path: str) -> None:
    place = venv
    for part in path.split("/"):
        place = os.path.join(place, part)
        if os.path.islink(place) or not os.path.isdir(place):
            if os.path.lexists(place):
                raise Failed(f"a venv has a folder where another one has a file or a link: {path!r}")
            os.mkdir(place)


if __name__ == "__main__":
    run(main)
