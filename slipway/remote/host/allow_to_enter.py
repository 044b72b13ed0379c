"""Let one more account pass through a folder of ours, and nobody else, by an access control list (acl(5)).

Options:
    folder: belongs to us. user: may pass through it from now on, to what it knows the name of, and list nothing.
"""

from __future__ import annotations

import os
import struct

from slipway.remote.host.program_io import Failed, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ATTRIBUTE = "system.posix_acl_access"
NOBODY = 0xFFFFFFFF  # stands where an entry is for no account by its number
OWNER, USER, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20


def main(options: dict[str, Any]) -> None:
    """Write the list, unless it is there already."""
    import pwd

    folder = options["folder"]
    wanted = access_list(os.stat(folder).st_mode, pwd.getpwnam(options["user"]).pw_uid)
    try:
        present = os.getxattr(folder, ATTRIBUTE)
    except OSError:
        present = b""
    if present != wanted:
        try:
            os.setxattr(folder, ATTRIBUTE, wanted)
        except OSError as error:
            raise Failed(
                f"{options['user']} cannot be let into {folder} ({error.strerror}): "
                "its file system needs access control lists"
            ) from None


def access_list(mode: int, user: int) -> bytes:
    """Return what the kernel keeps for a mode, with one more user who may pass through (linux/posix_acl_xattr.h)."""
    group = mode >> 3 & 7
    entries = (
        (OWNER, mode >> 6 & 7, NOBODY),
        (USER, 1, user),
        (GROUP, group, NOBODY),
        (MASK, group | 1, NOBODY),
        (OTHER, mode & 7, NOBODY),
    )
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


if __name__ == "__main__":
    run(main)
