"""Make a tar archive of the files that the app's account sends, of which nothing is believed, and pass it on.

The stream: `file` and `folder NAME_BYTES SIZE MODE SECONDS` lines, each followed by a name and the content, and at its
end `report BYTES` or `failed BYTES` with a JSON object. The report becomes the archive's last member, manifest.json.
"""

from __future__ import annotations

import hashlib
import io
import json
import os

from slipway.remote.host.program_io import Failed
from slipway.remote.host.receive_files import exactly, header, line, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    import tarfile
    from typing import IO, Any, BinaryIO

    from slipway.remote.backups.run_as_app import AppProgram

SPACE = 200 << 20  # bytes that stay free on the disk
LOOK_EVERY = 32 << 20  # bytes after which the disk is looked at again
TABLES = 100_000
NAMES = 200  # characters


class Tee(io.RawIOBase):
    """Passes bytes on, counts them and makes their checksum; stops before the disk is full.

    Args:
        out: where they go. folder: is on the disk that must not become full.
    """

    def __init__(self, out: IO[bytes], folder: str) -> None:
        self.out, self.folder = out, folder
        self.digest, self.size, self.looked = hashlib.sha256(), 0, -LOOK_EVERY

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.digest.update(data)
        self.size += len(data)
        if self.size - self.looked >= LOOK_EVERY:
            self.looked = self.size
            disk = os.statvfs(self.folder)
            if disk.f_bavail * disk.f_frsize < SPACE:
                raise Failed(f"there is no disk space for a backup: less than {SPACE >> 20} MiB are free")
        self.out.write(data)
        return len(data)


class Content:
    """The next bytes of a stream, for one member."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def read(self, size: int) -> bytes:
        return exactly(self.stream, size)


def receive_backup(sender: AppProgram, tee: Tee) -> dict[str, Any]:
    """Receive all that is sent; returns the report, checked.

    Raises:
        Failed: the app's account failed, or sends what cannot be taken.
    """
    import tarfile

    seen: set[str] = set()
    with tarfile.open(fileobj=tee, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        while True:
            kind, sizes = header(sender.output)
            if kind not in ("file", "folder"):
                report = checked_report(sender.ending(kind, sizes), seen)
                text = json.dumps(report, sort_keys=True).encode()
                tar.addfile(member("manifest.json", len(text), 0o600, 0), io.BytesIO(text))
                return report
            if len(sizes) != 4 or sizes[0] > 4096 or sizes[3] > 1 << 36:
                raise Failed("the app's account sends what is no backup")
            name = plain(os.fsdecode(exactly(sender.output, sizes[0])))
            if name in seen or name.partition("/")[0] not in ("databases", "files"):
                raise Failed(f"the app's account sends a strange path: {line(name)!r}")
            seen.add(name)
            about = member(name, sizes[1] if kind == "file" else 0, sizes[2] & 0o777, sizes[3])
            if kind == "folder":
                about.type = tarfile.DIRTYPE
                tar.addfile(about)
            else:
                tar.addfile(about, Content(sender.output))  # type: ignore[arg-type]


def member(name: str, size: int, mode: int, seconds: int) -> tarfile.TarInfo:
    import tarfile

    about = tarfile.TarInfo(name)
    about.size, about.mode, about.mtime = size, mode, seconds
    return about


def checked_report(report: dict[str, Any], seen: set[str]) -> dict[str, Any]:
    """Return what is known of a report, each value of the right kind."""
    try:
        roots = report["roots"]
        return {
            "databases": [checked_database(one, seen) for one in report["databases"]],
            "files": int(report["files"]),
            "bytes": int(report["bytes"]),
            "roots": None if roots is None else [plain(one) for one in roots],
            "skipped": [line(one)[:NAMES] for one in report["skipped"][:20]],
        }
    except (KeyError, TypeError, ValueError, OverflowError):
        raise Failed("the app's account sends a report that cannot be read") from None


def checked_database(one: dict[str, Any], seen: set[str]) -> dict[str, Any]:
    if one["member"] not in seen or one["kind"] not in ("sqlite", "postgresql") or len(one["tables"]) > TABLES:
        raise ValueError
    return {
        "name": line(one["name"])[:NAMES],
        "kind": one["kind"],
        "path": None if one["path"] is None else plain(one["path"]),
        "member": one["member"],
        **checked_facts(one),
    }


def checked_facts(one: dict[str, Any]) -> dict[str, Any]:
    """Return tables and schema of a database, each value of the right kind."""
    tables = {line(name)[:NAMES]: int(rows) for name, rows in dict(one["tables"]).items()}
    return {"tables": tables, "schema": line(one["schema"])[:NAMES]}
