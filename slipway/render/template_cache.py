"""Caches shipped Jinja templates as bytecode, where Python caches its modules: compiling costs most of the time."""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
from contextlib import suppress
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

from jinja2 import BytecodeCache, __version__
from jinja2.bccache import Bucket


class Compiled(BytecodeCache):
    """Keeps the bytecode of templates in `__pycache__` beside them, and is silent where that cannot be written.

    As with modules: who can write there can write the templates, too. Templates of the user's are none of this: their
    folder may be a repository, which is to be deployed clean.

    Args:
        folder: the shipped templates. rules: the module that says how templates are compiled.
    """

    def __init__(self, folder: Path, rules: Path) -> None:
        self.folder = folder
        self.rules = rules

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The file's path if it is shipped, by its own name; else ""."""
        return filename if filename and Path(filename) == self.folder / name else ""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the bytecode if it was made from the same text by the same rules."""
        mark = self._mark(bucket)
        with suppress(OSError, EOFError, ValueError, TypeError):
            kept = _place(bucket).read_bytes() if bucket.key else b""
            if kept.startswith(mark):
                bucket.code = marshal.loads(kept[len(mark) :])  # noqa: S302 (as trustworthy as the code around)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the bytecode, whole or not at all: others may read it meanwhile."""
        if not bucket.key or sys.dont_write_bytecode:
            return
        place = _place(bucket)
        new = place.with_name(f"{place.name}.{os.getpid()}")
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                new.write_bytes(self._mark(bucket) + marshal.dumps(bucket.code))
                new.replace(place)
            finally:
                new.unlink(missing_ok=True)

    def _mark(self, bucket: Bucket) -> bytes:
        """Stands for everything that bytecode depends on."""
        rules = self.rules.stat()
        parts = (MAGIC_NUMBER, __version__, rules.st_mtime_ns, rules.st_size, bucket.key, bucket.checksum)
        return hashlib.sha256(repr(parts).encode()).digest()


def _place(bucket: Bucket) -> Path:
    return Path(cache_from_source(bucket.key))
