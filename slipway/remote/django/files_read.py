"""Record which files of the app a program reads, so that a later deploy can prove that nothing changed.

An audit hook sees every file that is opened and every folder that is listed, whoever does it (sys.addaudithook,
PEP 578). Imports read bytecode: the source that it stands for is noted. What the import system lists on its way is
left out, or every folder on sys.path would count; files that come or go are looked at by whoever compares.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class FilesRead:
    """Notes paths below `top`, relative to it."""

    def __init__(self, top: str) -> None:
        self.top = os.path.realpath(top) + os.sep
        self.paths: set[str] = set()

    def start(self) -> None:
        """Begin to note; a hook cannot be taken away again."""
        sys.addaudithook(self.hear)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take one event; anything that is no path of the app is none of our business."""
        if event not in ("open", "os.listdir", "os.scandir") or not arguments or not isinstance(arguments[0], str):
            return
        if event != "open" and sys._getframe(1).f_code.co_filename.startswith("<frozen importlib"):
            return
        self.note(arguments[0])

    def note(self, path: str) -> None:
        """Note one path, plainly, as the source that it stands for."""
        path = os.path.join(os.getcwd(), path)
        if not path.startswith(self.top) or ".." in path:
            path = os.path.realpath(path)
        path = os.path.normpath(path)
        if path.startswith(self.top):
            self.paths.add(source(path[len(self.top) :]))


def source(path: str) -> str:
    """Return the path of the source of bytecode; any other path as it is."""
    folder, name = os.path.split(path)
    parent, cache = os.path.split(folder)
    if cache == "__pycache__" and name.endswith(".pyc"):
        return os.path.join(parent, name.split(".", 1)[0] + ".py")
    return path
