"""uv's cache on a host goes with the venvs that used it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from slipway.core.shell import PRELUDE
from slipway.steps.prune import begin
from tests.steps.targets import target

RELEASES = [f"2026112{number}-131502-abc1234" for number in range(3)]


def test_packages_that_no_venv_has_any_more_leave_the_cache(tmp_path: Path) -> None:
    base = tmp_path / "shop"
    for name in ("log", "env", "supervisor.d", "static", "builds", "cache/archive-v0/used", "cache/archive-v0/unused"):
        (base / name).mkdir(parents=True)
    for number, release in enumerate(RELEASES):
        (base / "releases" / release).mkdir(parents=True)
        venv = base / "venvs" / ("old" if number == 0 else "new")
        venv.mkdir(parents=True, exist_ok=True)
        (base / "releases" / release / "venv").symlink_to(f"../../venvs/{venv.name}")
    for package, user in (("unused", "old"), ("used", "new")):
        (base / "cache" / "archive-v0" / package / "x.py").write_text("")
        os.link(base / "cache" / "archive-v0" / package / "x.py", base / "venvs" / user / "x.py")
    (base / "current").symlink_to(f"releases/{RELEASES[2]}")
    (base / "standby").symlink_to(f"releases/{RELEASES[1]}")
    made = target(keep=2, root=str(tmp_path))
    assert str(made.layout.base) == str(base)
    script = f"{PRELUDE}\n{begin(made).script.text}\nwait $pruning"
    subprocess.run(["git", "init", "-q", "--bare", base / "repo.git"], check=True)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (base / "venvs").iterdir()) == ["new"]
    assert sorted(path.name for path in (base / "cache" / "archive-v0").iterdir()) == ["used"]
