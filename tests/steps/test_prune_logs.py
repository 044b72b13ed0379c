"""Logs go by their age and size, whatever becomes of their releases: the function of the script, run here."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path, PurePosixPath

import pytest

from slipway.core.shell import PRELUDE
from slipway.inventory.app import Logs
from slipway.model.layout import Layout
from slipway.render.log_pruning_scripts import kilobytes, prune_logs, prune_logs_program

DAY = 86400
CURRENT, STANDBY, ENDS, OLD, FAILED = (f"2026112{number}-131502-abc1234" for number in range(5))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """An app's folder: two releases are there; of a third a process still ends."""
    (tmp_path / "log").mkdir()
    for role, release in (("current", CURRENT), ("standby", STANDBY)):
        (tmp_path / "releases" / release).mkdir(parents=True)
        (tmp_path / role).symlink_to(f"releases/{release}")
    return tmp_path


def log(base: Path, name: str, *, days: float = 0, size: int = 1) -> Path:
    path = base / "log" / name
    path.write_bytes(b"x" * size * 1024)
    at = time.time() - days * DAY
    os.utime(path, (at, at))
    return path


def prune(base: Path, *, days: int = 30, size: str = "1m", but: str = ENDS) -> set[str]:
    """Delete; return the names of the logs that are left."""
    script = f"{PRELUDE}\ncd {base}\n{prune_logs(Logs(keep_days=days, keep_size=size)).text}\nprune_logs {but}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return {path.name for path in (base / "log").iterdir()}


def test_the_log_of_a_release_that_is_gone_stays_until_it_is_old(base: Path) -> None:
    young = {log(base, f"{name}.log", days=29).name for name in (f"web.{OLD}", f"mails.0.2.{FAILED}-dirty")}
    log(base, f"web.{OLD}.log.1", days=31)
    assert prune(base) == young


def test_the_oldest_go_first_when_all_together_take_too_much(base: Path) -> None:
    log(base, f"web.{OLD}.log.1", days=3, size=400)
    log(base, f"web.{OLD}.log", days=2, size=400)
    log(base, f"web.{FAILED}.log", days=1, size=400)
    assert prune(base, size="900k") == {f"web.{OLD}.log", f"web.{FAILED}.log"}
    assert prune(base, size="0") == set()


def test_logs_of_releases_that_run_are_not_touched(base: Path) -> None:
    kept = {log(base, f"web.{release}.log", days=99, size=900).name for release in (CURRENT, STANDBY, ENDS)}
    assert prune(base, days=0, size="0") == kept


def test_what_is_no_log_of_a_release_stays(base: Path) -> None:
    names = {"supervisord.log", "nginx.access.log", f"notes.{OLD}.txt", f"odd\n.{OLD}.log"}
    for name in names:
        log(base, name, days=99)
    (base / "log" / f"folder.{OLD}.log" / "full").mkdir(parents=True)
    outside = base / "outside"
    outside.touch()
    (base / "log" / f"link.{OLD}.log").symlink_to(outside)
    assert prune(base, days=0) == names | {f"folder.{OLD}.log", f"link.{OLD}.log"}
    assert outside.exists()


@pytest.mark.parametrize(("size", "many"), [("0", 0), ("2048", 2), ("10k", 10), ("1M", 1024), ("2g", 2 << 20)])
def test_sizes_are_read_as_nginx_reads_them(size: str, many: int) -> None:
    assert kilobytes(size) == many


def test_what_the_timer_runs_spares_what_runs_or_ends(base: Path) -> None:
    (base / "supervisor.d").mkdir()
    (base / "supervisor.d" / f"{FAILED}.web.conf").touch()
    (base / "ending").write_text(f"{ENDS}\n")
    for release in (CURRENT, STANDBY, ENDS, OLD, FAILED):
        log(base, f"web.{release}.log", days=99)
    program = prune_logs_program(Logs(keep_days=30, keep_size="1m"), Layout(PurePosixPath(base)))
    done = subprocess.run(["bash", "-c", program.text], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
    assert {path.name for path in (base / "log").iterdir()} == {
        f"web.{release}.log" for release in (CURRENT, STANDBY, ENDS, FAILED)
    }
