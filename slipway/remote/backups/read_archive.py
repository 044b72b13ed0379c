"""Read a backup, which is a tar archive of a known size, from a stream that may go on after it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterator
    from typing import IO, BinaryIO


class Archive:
    """The part of a stream that is the archive; nothing behind it is read.

    Args:
        stream: begins with the archive. size: of the archive in bytes.
    """

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self.stream, self.left = stream, size

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer only at the end."""
        data = self.stream.read(min(size, self.left))
        self.left -= len(data)
        return data

    def drain(self) -> None:
        """Read what is left of it."""
        while self.left and self.read(1 << 18):
            pass


def members(archive: Archive) -> Iterator[tuple[str, tarfile.TarInfo, IO[bytes] | None]]:
    """Yield name, description and content of each member; links and the like are none."""
    import tarfile

    with tarfile.open(fileobj=archive, mode="r|") as tar:  # type: ignore[call-overload]
        for member in tar:
            if member.isreg() or member.isdir():
                yield member.name, member, tar.extractfile(member) if member.isreg() else None
