"""Hand over what build commands have made, on standard output, as `between_accounts.receive_built_files` reads it.

Runs as the account that builds, in the folder above the code. Only what is new or changed is sent: what it was before,
the program notes itself, when it runs for the first time.

Options:
    tree: folder of the code. snapshot: file that says what was in it before the commands.
    begin: write that file, and nothing else. only: paths in the tree; where there are some, nothing else is sent.

The stream: `KIND NAME_BYTES SIZE` lines, where KIND is `file`, `program` or `link`, each followed by a name and the
content (of a link: where it leads); at its end `report 2` and an empty JSON object.
"""

from __future__ import annotations

import json
import os
import stat as modes
import sys

from slipway.remote.host.stream_files import send_file, send_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, BinaryIO

UNWANTED = "__pycache__"  # for paths of this account, which the release does not have


def main(options: dict[str, Any]) -> None:
    """Note what is there, or send what was not there then."""
    tree = options["tree"]
    if options.get("begin"):
        with open(options["snapshot"], "w", encoding="utf-8", errors="surrogateescape") as file:
            json.dump({name: mark(os.lstat(path)) for name, path in inside(tree)}, file)
        return
    with open(options["snapshot"], encoding="utf-8", errors="surrogateescape") as file:
        before = json.load(file)
    output = sys.stdout.buffer
    for name, path in sorted(inside(tree)):
        stat = os.lstat(path)
        if wanted(name, options["only"]) and before.get(name) != mark(stat):
            send(output, tree, name, path, stat)
    output.write(b"report 2\n{}")
    output.flush()


def inside(tree: str) -> Iterable[tuple[str, str]]:
    """Name and path of everything that is no folder; a link to a folder is a link."""
    for folder, folders, files in os.walk(tree):
        folders[:] = [name for name in folders if name != UNWANTED]
        linked = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in [*files, *linked]:
            path = os.path.join(folder, name)
            yield os.path.relpath(path, tree), path


def mark(stat: os.stat_result) -> list[int]:
    """Return what differs as soon as a file is written to, replaced, or given another mode."""
    return [stat.st_ino, stat.st_size, stat.st_ctime_ns]


def wanted(name: str, only: list[str]) -> bool:
    return not only or any(f"{name}/".startswith(f"{path}/") for path in only)


def send(output: BinaryIO, tree: str, name: str, path: str, stat: os.stat_result) -> None:
    if modes.S_ISLNK(stat.st_mode):
        send_head(output, "link", name, os.fsencode(target(tree, path)))
    elif modes.S_ISREG(stat.st_mode):
        send_file(output, name, path, "became shorter while it was read: a build command has left a process behind")
    else:
        print(f"{name} is neither a file nor a link: it is left out", file=sys.stderr)


def target(tree: str, path: str) -> str:
    """Return where a link leads; to a place in the tree by a relative path, since the tree does not stay here."""
    to = os.readlink(path)
    top = os.path.realpath(tree)
    if to == top or to.startswith(f"{top}/"):
        return os.path.relpath(to, os.path.join(top, os.path.relpath(os.path.dirname(path), tree)))
    return to


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
