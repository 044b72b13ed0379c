from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from slipway.lab import inotify_limit

root_on_linux = pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="tries root's allowance")


@root_on_linux
def test_room_for_one_more_host_is_found_by_trying_and_given_back() -> None:
    before = len(os.listdir("/proc/self/fd"))
    assert inotify_limit.shortage(1) == ""
    assert len(os.listdir("/proc/self/fd")) == before


@root_on_linux
def test_a_shortage_names_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "limit").write_text("128\n")
    monkeypatch.setattr(inotify_limit, "LIMIT", tmp_path / "limit")
    monkeypatch.setattr(inotify_limit, "_free", lambda count: count <= 6)
    assert inotify_limit.shortage(1) == ""
    assert inotify_limit.shortage(2) == "too many systems run here already (fs.inotify.max_user_instances is 128)"


def test_who_is_not_root_cannot_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert inotify_limit.shortage(100_000) == ""
