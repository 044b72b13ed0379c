"""Take over what build commands have made, from standard input, as `between_accounts.send_built_files` sends it.

Believes nothing: only regular files and links are made, at plain names below a new folder of ours; a link may lead to
nothing but places of the release. Nothing comes into `__pycache__`, where the release compiles its own bytecode.

Options:
    folder: where the files go; is made.
"""

from __future__ import annotations

import os

from slipway.remote.host.program_io import Failed, run, say
from slipway.remote.host.read_output_until_exit import sender_output
from slipway.remote.host.receive_files import RESERVE, RESERVE_FILES, broken, copy_new, exactly, header, line, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

LONGEST_LINK = 4095
UNWANTED = "__pycache__"  # the release compiles its own bytecode


def main(options: dict[str, Any]) -> None:
    """Write what comes, and say how much it was."""
    os.umask(0o027)
    root = options["folder"]
    os.mkdir(root)
    count, size = take_all(sender_output(options), root)
    say(f"the build commands made {count} files, {size >> 10} KiB")


def take_all(stream: BinaryIO, root: str) -> tuple[int, int]:
    """Write everything until the report at the end; return how many files came, and how many bytes."""
    disk = os.statvfs(root)
    room, left = disk.f_bavail * disk.f_frsize - RESERVE, disk.f_favail - RESERVE_FILES if disk.f_files else 1 << 40
    made = {root}
    count = size = 0
    while True:
        kind, sizes = header(stream)
        if kind == "report" and sizes == [2]:
            exactly(stream, 2)
            return count, size
        if kind not in ("file", "program", "link") or len(sizes) != 2 or sizes[0] > 4096:
            raise broken()
        name = plain(os.fsdecode(exactly(stream, sizes[0])))
        count, size, left = count + 1, size + sizes[1], left - 1 - name.count("/")
        if size > room or left < 0:
            raise Failed("there is no disk space for what the build commands made: free some, or lower app.keep")
        if UNWANTED in name.split("/"):
            raise Failed(f"{line(name)}, which a build command made, is a place for bytecode of the release itself")
        try:
            parents(os.path.dirname(os.path.join(root, name)), made)
            if kind == "link":
                take_link(stream, root, name, sizes[1])
            else:
                copy_new(stream, os.path.join(root, name), sizes[1], 0o777 if kind == "program" else 0o666)
        except OSError as error:
            raise Failed(f"{line(name)}, which a build command made, cannot be written: {error.strerror}") from None


def parents(path: str, made: set[str]) -> None:
    """Make folders; one that is there and was not made here, such as a link, is an error."""
    if path not in made:
        parents(os.path.dirname(path), made)
        os.mkdir(path)
        made.add(path)


def take_link(stream: BinaryIO, root: str, name: str, size: int) -> None:
    if size > LONGEST_LINK:
        raise broken()
    to = os.fsdecode(exactly(stream, size))
    if not stays_inside(name, to):
        raise Failed(
            f"a build command made the link {line(name)}, which leads out of the release ({line(to)}): "
            "have it make a copy, or name in app.build.outputs what the app needs"
        )
    os.symlink(to, os.path.join(root, name))


def stays_inside(name: str, to: str) -> bool:
    """Say whether a link leads to a place in the tree: up no further than to its top, then down by plain names."""
    parts = to.rstrip("/").split("/")
    up = 0
    while up < len(parts) and parts[up] == "..":
        up += 1
    down = parts[up:]
    strange = any(part in ("", ".", "..") or not part.isprintable() for part in down)
    return bool(to) and not strange and up <= name.count("/")


if __name__ == "__main__":
    run(main)
