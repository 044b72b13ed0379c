"""A prune that is killed at any moment leaves nothing that only the next deploy with something to do would delete."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path, PurePosixPath

import pytest
from msgspec.structs import replace

from slipway.core.shell import PRELUDE, join
from slipway.model.layout import Layout
from slipway.steps import prune
from tests.steps.targets import target

CURRENT, OLD = "20261101-000000-aaaaaaa", "20261001-000000-bbbbbbb"
# Deletes as many of its arguments as it is allowed to, then it is as if the host lost its power.
RM = """#!/bin/bash
for path; do
  [[ $path != -* ]] || continue
  if [[ ! -s $LEFT ]]; then kill -KILL 0; fi
  /bin/rm -rf "$path"
  truncate -s -1 "$LEFT"
done
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """The folder of an app that keeps one release and has two."""
    for folder in ("log", "env", "supervisor.d", "venvs", "static", "builds", "schedules", "tasks", "bin"):
        (tmp_path / folder).mkdir()
    for release in (CURRENT, OLD):
        (tmp_path / "releases" / release).mkdir(parents=True)
        (tmp_path / "releases" / release / "release.json").write_text("{}")
        (tmp_path / "env" / f"{release}.env").write_text("SECRET=x\n")
    (tmp_path / "current").symlink_to(f"releases/{CURRENT}")
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "repo.git")], check=True)
    (tmp_path / "bin" / "rm").write_text(RM)
    (tmp_path / "bin" / "rm").chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("deleted", range(5))
def test_no_env_file_outlives_what_tells_the_next_operation_to_delete_it(base: Path, deleted: int) -> None:
    made = target()
    place = replace(made, layout=Layout(PurePosixPath(base)), app=replace(made.app, keep=1))
    left = base / "left"
    left.write_text("x" * deleted)
    script = join([prune.begin(place).script, prune.prune(place).script])
    env = {**os.environ, "PATH": f"{base}/bin:{os.environ['PATH']}", "LEFT": str(left)}
    command = ["bash", "-c", f"{PRELUDE}\ncd {base}\n{script}"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, start_new_session=True, timeout=30)
    release = base / "releases" / OLD
    secrets = [name for name in os.listdir(base / "env") if name.startswith(OLD)]
    if deleted < 4:
        assert done.returncode == -9
    assert not secrets or release.is_dir(), "nothing is there by which this file would be found again"
    assert release.is_dir() == (deleted < 4)
    assert (base / "env" / f"{CURRENT}.env").exists()
