"""Read files that another account hands over on standard input, and believe nothing of what it says.

The stream: `file NAME_BYTES SIZE` lines, each followed by a name and the content, and at its end `report BYTES` or
`failed BYTES` with a JSON object; `failed` holds {reason, more}.
"""

from __future__ import annotations

import json
import os

from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

RESERVE = 100 << 20  # bytes that stay free on the disk
RESERVE_FILES = 2000  # and inodes
REPORT = 16 << 20
CHUNK = 1 << 18


def receive(stream: BinaryIO, root: str, modes: dict[str, int] | None = None) -> dict[str, Any]:
    """Write the files of a stream, and return the report at its end.

    Args:
        modes: of the kinds of files that may come; None: there are plain ones alone.

    Raises:
        Failed: the app could not collect, or the stream is not what it should be.
    """
    disk = os.statvfs(root)
    room, count = disk.f_bavail * disk.f_frsize - RESERVE, disk.f_favail - RESERVE_FILES if disk.f_files else 1 << 40
    made, modes = {root}, modes or {"file": 0o644}
    while True:
        kind, sizes = header(stream)
        if kind in modes and len(sizes) == 2 and sizes[0] <= 4096:
            name, size = plain(os.fsdecode(exactly(stream, sizes[0]))), sizes[1]
            room, count = room - size, count - 1 - name.count("/")
            if room < 0 or count < 0:
                raise Failed("there is no disk space for the files: free some, or lower app.keep")
            write_file(stream, root, name, size, made, modes[kind])
        elif kind in ("report", "failed") and len(sizes) == 1 and sizes[0] <= REPORT:
            value = parsed(exactly(stream, sizes[0]))
            if kind == "failed":
                more = "\n".join(line(text) for text in str(value.get("more") or "").splitlines()[:50])
                raise Failed(f"{line(value.get('reason'))}\n{more}".strip())
            return value
        else:
            raise broken()


def broken() -> Failed:
    return Failed("the files did not come to their end: the last lines say why")


def header(stream: BinaryIO) -> tuple[str, list[int]]:
    words = stream.readline(100).decode("ascii", "replace").split()
    if len(words) < 2 or not all(word.isdecimal() and word.isascii() for word in words[1:]):
        raise broken()
    return words[0], [int(word) for word in words[1:]]


def exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise broken()
    return data


def parsed(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise broken() from None
    if not isinstance(value, dict):
        raise broken()
    return value


def line(text: Any) -> str:
    """Return a text as one line of a reasonable length, without control characters."""
    return "".join(char if char.isprintable() else " " for char in str(text or ""))[:1000]


def plain(name: Any) -> str:
    """Return a path that leads downward by plain names.

    Raises:
        Failed: it does not.
    """
    parts = name.split("/") if isinstance(name, str) else [""]
    strange = any(part in ("", ".", "..") or len(os.fsencode(part)) > 255 for part in parts)
    if strange or any(ord(char) < 32 or ord(char) == 127 for char in name):
        raise Failed(f"a file has a path that cannot be taken over: {line(name)!r}")
    return str(name)


def write_file(stream: BinaryIO, root: str, name: str, size: int, made: set[str], mode: int) -> None:
    """Write one file; nothing that is there is ever written to."""
    path = os.path.join(root, name)
    try:
        make_folder(os.path.dirname(path), made)
        copy_new(stream, path, size, mode)
    except OSError as error:
        raise Failed(f"the file {line(name)} cannot be written: {error.strerror}") from None


def copy_new(stream: BinaryIO, path: str, size: int, mode: int) -> None:
    """Make a file that is not there yet of the next bytes of a stream; the umask takes from its mode."""
    target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        while size:
            data = exactly(stream, min(size, CHUNK))
            size -= len(data)
            while data:
                data = data[os.write(target, data) :]
    finally:
        os.close(target)


def make_folder(path: str, made: set[str]) -> None:
    if path not in made:
        make_folder(os.path.dirname(path), made)
        os.mkdir(path, 0o755)
        made.add(path)
