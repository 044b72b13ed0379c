"""The checks of a host's system: what is scarce or wrong is told with a remedy."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from slipway.remote.doctor import check_system

MIB = 1 << 20


def files(monkeypatch: pytest.MonkeyPatch, **texts: str) -> None:
    """Have some files say something else: by the last part of their path, with _ for a dot or hyphen."""
    found = {name: text.splitlines() for name, text in texts.items()}

    def lines_of(path: str) -> list[str]:
        return found.get(os.path.basename(path).replace("-", "_").replace(".", "_"), [])

    monkeypatch.setattr(check_system, "lines_of", lines_of)


@pytest.mark.parametrize(("free", "level"), [(100, "failed"), (500, "warning"), (5000, "ok")])
def test_scarce_disk_space_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, level: str) -> None:
    about = SimpleNamespace(f_bavail=free, f_frsize=MIB, f_blocks=9000, f_files=0, f_favail=0)
    monkeypatch.setattr(os, "statvfs", lambda place: about)
    (found,) = check_system.space({"base": str(tmp_path / "not" / "there"), "room": 200, "inodes": 10_000})
    assert (found["level"], found["told"]) == (level, f"{free} of 9000 MiB are free at {tmp_path}")
    assert found["remedy"]


@pytest.mark.parametrize(("free", "level"), [(9_999, "failed"), (10_000, "ok")])
def test_scarce_inodes_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, level: str) -> None:
    about = SimpleNamespace(f_bavail=5000, f_frsize=MIB, f_blocks=9000, f_files=99_999, f_favail=free)
    monkeypatch.setattr(os, "statvfs", lambda place: about)
    found = check_system.space({"base": str(tmp_path), "room": 200, "inodes": 10_000})
    assert [one["level"] for one in found] == ["ok", level]


@pytest.mark.parametrize(
    ("total", "free", "swap", "levels"),
    [
        (8000, 4000, 0, {"memory": "ok"}),
        (8000, 500, 0, {"memory": "warning"}),
        (1000, 500, 0, {"memory": "ok", "swap": "warning"}),
        (1000, 500, 1000, {"memory": "ok", "swap": "ok"}),
    ],
)
def test_scarce_memory_is_told_and_a_small_host_without_swap(
    monkeypatch: pytest.MonkeyPatch, total: int, free: int, swap: int, levels: dict[str, str]
) -> None:
    amounts = {"MemTotal": total, "MemAvailable": free, "SwapTotal": swap}
    files(monkeypatch, meminfo="".join(f"{name}: {value * 1024} kB\n" for name, value in amounts.items()))
    assert {one["check"]: one["level"] for one in check_system.memory()} == levels


def test_another_system_than_debian_or_ubuntu_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    files(monkeypatch, os_release='ID=fedora\nPRETTY_NAME="Fedora 43"\n')
    assert check_system.system()["level"] == "failed"
    files(monkeypatch, os_release='ID=ubuntu\nPRETTY_NAME="Ubuntu 24.04"\n')
    assert check_system.system() == {"check": "system", "level": "ok", "told": "Ubuntu 24.04", "remedy": ""}


def test_a_clock_that_nothing_keeps_right_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    monkeypatch.setattr(check_system, "process_names", lambda: ["sshd"])
    assert check_system.clock()["level"] == "warning"
    monkeypatch.setattr(check_system, "process_names", lambda: ["sshd", "chronyd"])
    assert check_system.clock()["level"] == "ok"


def test_an_update_that_waits_for_a_reboot_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "exists", lambda path: path == "/run/reboot-required")
    files(monkeypatch, reboot_required_pkgs="linux-image\nlibc6\nlibc6\n")
    found = check_system.reboot()
    assert (found["level"], found["told"]) == ("warning", "updates wait for a reboot: libc6, linux-image")


SIMULATED = (
    b"Inst libssl3 [3.0] (3.1 Debian-Security:12/stable-security [amd64])\nInst vim [9] (9.1 Debian:12 [amd64])\n"
)


@pytest.mark.parametrize(
    ("age", "said", "level", "told"),
    [
        (0, SIMULATED, "warning", "1 security updates wait: libssl3"),
        (0, b"", "ok", "no security update waits"),
        (8 * 86400, b"", "warning", "the lists of packages are older than a week"),
    ],
)
def test_security_updates_are_counted(
    monkeypatch: pytest.MonkeyPatch, age: int, said: bytes, level: str, told: str
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/apt-get")
    monkeypatch.setattr(os.path, "isdir", lambda path: True)
    monkeypatch.setattr(check_system, "newest", lambda folder: time.time() - age)
    monkeypatch.setattr(check_system, "last_output", lambda *given: (0, said))
    assert [(one["level"], one["told"]) for one in check_system.updates()] == [(level, told)]


def test_what_is_not_well_has_a_remedy_on_this_machine_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    check_system.main({"base": str(tmp_path), "room": 1 << 40, "inodes": 1 << 60})
    assert '"level": "failed"' in capsys.readouterr().out
