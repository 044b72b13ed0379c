"""Files that programs make where the app may have put something else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slipway.remote.host.new_file_among_untrusted import new_file


def test_neither_a_link_nor_a_pipe_is_written_to(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("of somebody else")
    (tmp_path / "link").symlink_to(other)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "old").write_text("old")
    for name in ("link", "pipe", "old", "none"):
        with open(new_file(str(tmp_path / name)), "w") as file:
            file.write("ours")
        assert (tmp_path / name).read_text() == "ours"
        assert not (tmp_path / name).is_symlink()
    assert other.read_text() == "of somebody else"


def test_a_folder_in_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        new_file(str(tmp_path / "folder"))
