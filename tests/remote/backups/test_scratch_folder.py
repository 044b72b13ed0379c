"""The folder that a backup needs for a while, where the app may put anything in its place."""

from __future__ import annotations

import os
from pathlib import Path

from slipway.remote.backups.scratch_folder import scratch_folder


def test_what_an_earlier_run_left_goes_first(tmp_path: Path) -> None:
    (tmp_path / "run" / "backup-old").mkdir(parents=True)
    (tmp_path / "run" / "backup-old" / "copy").write_text("x")
    with scratch_folder(str(tmp_path)) as folder:
        assert os.listdir(tmp_path / "run") == [os.path.basename(folder)]
    assert os.listdir(tmp_path / "run") == []


def test_nobody_waits_at_a_pipe_that_the_app_has_put_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    os.mkfifo(tmp_path / "run" / "backup-planted")
    with scratch_folder(str(tmp_path)) as folder:
        os.rmdir(folder)
        os.mkfifo(folder)
    assert os.listdir(tmp_path / "run") == []
