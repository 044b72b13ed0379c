"""Keeps a venv that one host hands over for others of the same kind: a file here, for as long as the operation lasts.

Nothing of it is read here: it passes through, with its SHA-256, which each host that gets it compares.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path

from slipway.core.errors import SlipwayError
from slipway.remote.host.send_venv import MAGIC

NOISE = 1 << 16  # bytes that a login shell may print before
LARGEST = 8 << 30  # bytes


class VenvArchive:
    """The venv of one host.

    Args:
        host: its name.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self.sha256 = ""
        self.file = Path(tempfile.gettempdir()) / f"slipway-{secrets.token_hex(8)}" / "venv"

    def __repr__(self) -> str:
        return f"VenvArchive({self.host!r})"

    def keep(self, chunks: Iterable[bytes]) -> None:
        """Write what the host sends.

        Raises:
            SlipwayError: it is no venv, or too large.
        """
        folder = self.file.parent
        folder.mkdir(mode=0o700)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        digest, size, begin = hashlib.sha256(), 0, b""
        with self.file.open("xb") as file:
            for chunk in chunks:
                if not size:
                    begin += chunk
                    _, found, chunk = begin.partition(MAGIC)
                    if not found and len(begin) > NOISE:
                        break
                    if not chunk:
                        continue
                size += len(chunk)
                if size > LARGEST:
                    raise SlipwayError(f"{self.host}: its venv is too large to be sent", hint="Unset on_one_host.")
                digest.update(chunk)
                file.write(chunk)
        if not size:
            raise SlipwayError(
                f"{self.host}: it handed over no venv", hint=f"Does `ssh` to {self.host} print anything by itself?"
            )
        self.sha256 = digest.hexdigest()
