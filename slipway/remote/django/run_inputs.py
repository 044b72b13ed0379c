"""Record what a run of Django depends on, so that a later deploy can prove that it need not run again.

What is read of the source is noted by `FilesRead`; files in shared/ and in /etc are noted here with what tells that
they are the same (see `file_state`). What cannot be known to be the same next time is noted, too, and then there is no
proof: other files that belong neither to the source nor to the venv nor to the machine, programs, servers and databases
that are asked, and environment variables that differ between any two releases.
"""

from __future__ import annotations

import os
import sys
from types import MappingProxyType

from slipway.remote.django.files_read import FilesRead
from slipway.remote.host.new_file_among_untrusted import new_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# The machine's own files, which say nothing about the app.
MACHINE = (
    *("/usr", "/lib", "/lib64", "/proc", "/sys", "/dev", "/etc/ssl", "/etc/mime.types", "/etc/localtime"),
    *("/etc/timezone", "/etc/hosts", "/etc/host.conf", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf"),
    *("/etc/resolv.conf", "/etc/gai.conf", "/etc/apache2/mime.types", "/etc/httpd", "/opt/slipway"),
)
PROGRAMS = dict.fromkeys(("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"), "it starts a program")
SERVERS = MappingProxyType({"socket.connect": "it asks a server", "sqlite3.connect": "it asks a database"})
LISTS = ("os.listdir", "os.scandir")
RELEASE_NAMES = ("SLIPWAY_RELEASE", "SLIPWAY_COMMIT")
# What a loop over all variables does not meet: it differs between any two releases, and who wants it asks by name.
NOT_LISTED = (*RELEASE_NAMES, "SOCKET")
# Databases of SQLite that begin empty and are gone with their connection, as libraries use to try what it can.
NOWHERE = (":memory:", b":memory:", "", b"")


class Inputs(FilesRead):
    """Notes from the moment it is made until `close`.

    Args:
        tree: the source of the release.
        outputs: folders that the run writes to, and may read again.
        asks: whether the run is about a database, so that asking one is no reason against a proof.
        shared: the folder of what outlives releases; "" where it is not known.
    """

    def __init__(self, tree: str, outputs: Iterable[str] = (), asks: bool = False, shared: str = "") -> None:
        super().__init__(tree)
        self.kept = tuple(f"{top}/" for top in ("/etc", shared and os.path.realpath(shared)) if top)
        self.unknowable = PROGRAMS if asks else {**PROGRAMS, **SERVERS}
        settings = os.path.join(os.path.dirname(os.path.abspath(tree)), "conf", "settings")  # Slipway's, see the key
        own = (sys.prefix, sys.base_prefix, sys.exec_prefix, settings, *outputs)
        self.own = {*MACHINE, *own, *(os.path.realpath(path) for path in own)}
        self.read: set[str] = set()
        self.wrote: set[str] = set()
        self.names: set[str] = set()
        self.why: set[str] = set()
        self.listening = True
        os.environ.__class__ = noting(type(os.environ), self)
        self.start()

    def close(self) -> None:
        """Stop noting: what follows is no input."""
        self.listening = False

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take one audit event; Python's documentation has a table of them."""
        if not self.listening or (
            event in LISTS and sys._getframe(1).f_code.co_filename.startswith("<frozen importlib")
        ):
            return
        super().hear(event, arguments)
        if event == "sqlite3.connect" and arguments and arguments[0] in NOWHERE:
            return
        if event in self.unknowable:
            self.why.add(self.unknowable[event])
        elif event == "open" and isinstance(arguments[0], str):
            flags = arguments[2] if isinstance(arguments[2], int) else 0
            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            (self.wrote if writes else self.read).add(os.path.abspath(arguments[0]))

    def reasons(self) -> list[str]:
        """Return why there is no proof; nothing if there is."""
        files = {
            path for path in self.foreign() if os.path.isfile(path) and not in_record(os.path.realpath(path), self.kept)
        }
        names = [name for name in RELEASE_NAMES if name in self.names]
        found = {*self.why, *(f"it reads {path}" for path in files), *(f"it looks at {name}" for name in names)}
        return sorted(found)

    def foreign(self) -> set[str]:
        """Return what was read and belongs neither to the source nor to the venv nor to the machine."""
        return {path for path in self.read - self.wrote if not self.is_own(path)}

    def outside(self) -> list[str]:
        """Return files that were read in shared/ or in /etc, or were not there, each as `PATH<tab>STATE`."""
        paths = {os.path.realpath(path) for path in self.foreign()}
        return sorted(
            f"{path}\t{file_state(path)}" for path in paths if in_record(path, self.kept) and not os.path.isdir(path)
        )

    def is_own(self, path: str) -> bool:
        """Say whether a file belongs to the source, the venv or the machine; a link from the source does not."""
        real = os.path.realpath(path)
        if real.startswith(self.top):
            return True
        return any(way == top or way.startswith(f"{top}/") for top in self.own for way in (path, real))

    def report(self, record: str | None) -> dict[str, Any]:
        """Write the paths to a file, one a line, if there is a proof; return {provable, why (not), env (names)}."""
        why = self.reasons()
        if record and not why:
            with open(new_file(record), "w", encoding="utf-8", errors="surrogateescape") as file:
                file.writelines(f"{path}\n" for path in sorted(self.paths) if path and "\n" not in path)
                file.writelines(f"{line}\n" for line in self.outside())
        return {"provable": not why, "why": why, "env": sorted(self.names)}


def in_record(path: str, tops: Iterable[str]) -> bool:
    """Say whether a path can stand in a record: plain, and below one of some folders."""
    return path.isprintable() and path.startswith(tuple(tops))


def file_state(path: str) -> str:
    """Return what is another one as soon as a file is written to or replaced; `-` where there is none.

    Only the kernel sets the time of the last change, so no program can bring an earlier state back.
    """
    try:
        found = os.lstat(path)
    except OSError:
        return "-"
    return f"{found.st_ino} {found.st_size} {found.st_ctime_ns // 10**9}.{found.st_ctime_ns % 10**9:09}"


def noting(base: type, inputs: Inputs) -> type:
    """Make a class for os.environ that notes which variables are looked at, and lists none that no proof stands."""

    class Environment(base):  # type: ignore[misc]
        def __getitem__(self, key: str | bytes) -> Any:
            if inputs.listening and isinstance(key, str):
                inputs.names.add(key)
            return super().__getitem__(key)

        def __iter__(self) -> Any:
            names = super().__iter__()
            return (name for name in names if name not in NOT_LISTED) if inputs.listening else names

    return Environment
