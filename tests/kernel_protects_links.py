"""Has the kernel of this machine protect links, as Debian and Ubuntu do, for tests of what depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest

SETTING = Path("/proc/sys/fs/protected_symlinks")


def demand() -> None:
    """Switch it on where it is off, or skip the test; it stays on, since another test may run at the same time."""
    try:
        if SETTING.read_text() == "0\n":
            SETTING.write_text("1\n")
    except OSError as error:
        pytest.skip(f"the kernel of this machine does not protect links: {error}")
