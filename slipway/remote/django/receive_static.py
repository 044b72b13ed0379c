"""Receive the static files that an app sends on standard input, see `django.collectstatic`.

Runs as the account that deploys, and believes nothing: files are written into a folder that the app cannot reach, by
plain names only, and only as much as the disk has room for.

Options:
    folder: the folder of this collection; files go to `files/` in it, which must not be there yet. Besides are written:
        read: what was read, one a line, only if that proves anything.
        place: two lines, a path in the source and the folder below `files/` that it must lead to; or nothing.
        links: lines of a path below `files/`, a tab, and where it must lead to.
    tree, shared: the release's source, and what outlives it.
    linked: paths in the source that lead into shared/: they stay so where STATIC_ROOT has them inside.
"""

from __future__ import annotations

import json
import os
import sys

from slipway.remote.host.program_io import Failed, note, run, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

RESERVE = 100 << 20  # bytes that stay free on the disk
RESERVE_FILES = 2000  # and inodes
REPORT = 16 << 20
CHUNK = 1 << 18
NOTES = 50


def main(options: dict[str, Any]) -> None:
    """Write what comes; say what the app has to say."""
    root = os.path.join(options["folder"], "files")
    os.umask(0o022)
    os.mkdir(root)
    report = receive(sys.stdin.buffer, root)
    say(line(report.get("summary")))
    for text in list(report.get("notes") or [])[:NOTES]:
        note(line(text))
    for text in list(report.get("why") or [])[:NOTES]:
        say(f"the next deploy has to collect again: {line(text)}")
    write(options, report)


def receive(stream: BinaryIO, root: str) -> dict[str, Any]:
    """Write the files of a stream, and return the report at its end.

    Raises:
        Failed: the app could not collect, or the stream is not what it should be.
    """
    disk = os.statvfs(root)
    room, count = disk.f_bavail * disk.f_frsize - RESERVE, disk.f_favail - RESERVE_FILES if disk.f_files else 1 << 40
    made = {root}
    while True:
        kind, sizes = header(stream)
        if kind == "file" and len(sizes) == 2 and sizes[0] <= 4096:
            name, size = plain(os.fsdecode(exactly(stream, sizes[0]))), sizes[1]
            room, count = room - size, count - 1 - name.count("/")
            if room < 0 or count < 0:
                raise Failed("there is no room for the app's static files: free some, or lower app.keep")
            write_file(stream, root, name, size, made)
        elif kind in ("report", "failed") and len(sizes) == 1 and sizes[0] <= REPORT:
            value = parsed(exactly(stream, sizes[0]))
            if kind == "failed":
                more = "\n".join(line(text) for text in str(value.get("more") or "").splitlines()[:50])
                raise Failed(f"{line(value.get('reason'))}\n{more}".strip())
            return value
        else:
            raise broken()


def broken() -> Failed:
    return Failed("the app did not hand over its static files to the end: its last lines say why")


def header(stream: BinaryIO) -> tuple[str, list[int]]:
    words = stream.readline(100).decode("ascii", "replace").split()
    if len(words) < 2 or not all(word.isdigit() and word.isascii() for word in words[1:]):
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
        raise Failed(f"the app's static files have a path that cannot be served: {line(name)!r}")
    return str(name)


def write_file(stream: BinaryIO, root: str, name: str, size: int, made: set[str]) -> None:
    """Write one file; nothing that is there is ever written to."""
    path = os.path.join(root, name)
    try:
        make_folder(os.path.dirname(path), made)
        target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            while size:
                data = exactly(stream, min(size, CHUNK))
                size -= len(data)
                while data:
                    data = data[os.write(target, data) :]
        finally:
            os.close(target)
    except OSError as error:
        raise Failed(f"the static file {line(name)} cannot be written: {error.strerror}") from None


def make_folder(path: str, made: set[str]) -> None:
    if path not in made:
        make_folder(os.path.dirname(path), made)
        os.mkdir(path, 0o755)
        made.add(path)


def write(options: dict[str, Any], report: dict[str, Any]) -> None:
    """Write what the deploy goes on with."""
    links = {plain(name): absolute(path) for name, path in dict(report.get("links") or {}).items()}
    place = ""
    if report.get("place"):
        inside, folder = plain(report["place"]), plain(report["folder"]) if report["folder"] else "."
        place = f"{inside}\n{folder}\n"
        for path in options["linked"]:
            if path.startswith(f"{inside}/"):
                links[os.path.normpath(os.path.join(folder, path[len(inside) + 1 :]))] = f"{options['shared']}/{path}"
    put(options, "place", place)
    put(options, "links", "".join(f"{name}\t{path}\n" for name, path in links.items()))
    if isinstance(report.get("read"), list):
        paths = [path for path in report["read"] if isinstance(path, str) and path and "\n" not in path]
        put(options, "read", "".join(f"{path}\n" for path in paths))


def absolute(path: Any) -> str:
    if not isinstance(path, str) or not path.startswith("/"):
        raise Failed(f"the app names a folder to serve that is no path: {line(path)!r}")
    return "/" + plain(path[1:])


def put(options: dict[str, Any], name: str, text: str) -> None:
    with open(os.path.join(options["folder"], name), "x", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)


if __name__ == "__main__":
    run(main)
