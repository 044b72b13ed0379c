"""supervisord and its unit: what is written, and what is said of one that runs with older settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from slipway.core.shell import Script
from slipway.inventory.app import Process
from slipway.inventory.limits import Limits
from slipway.provision.supervisor import supervisor
from tests.provision.test_provision import bash, site


def provisioned(folder: Path, **app: Any) -> list[str]:
    """Run the step `supervisor` where systemd is a stand-in and supervisord runs programs; returns its notes."""
    one = site(rootless=True, root=str(folder), **app)
    for place in (one.layout.conf, one.layout.run, folder / "bin"):
        Path(place).mkdir(parents=True, exist_ok=True)
    systemctl = folder / "bin" / "systemctl"
    state = f"ActiveState=active\nUnitFileState=enabled\nMainPID={os.getpid()}\nNeedDaemonReload=yes"
    systemctl.write_text(
        f"#!/bin/sh\n[ $1 != show ] || echo '{state}'\n[ $1 != daemon-reload ] || touch {folder}/read\n"
    )
    systemctl.chmod(0o755)
    text = supervisor(one).script.text.replace("/etc/systemd/system", str(folder))
    code, marked, said = bash(Script(text), folder, PATH=f"{folder}/bin:{os.environ['PATH']}")
    assert code == 0, said
    return [line for line in marked if "[supervisord-older]" in line]


def test_a_process_more_does_not_make_the_settings_of_supervisord_old(tmp_path: Path) -> None:
    provisioned(tmp_path)
    (Path(site(rootless=True, root=str(tmp_path)).pid_file)).touch()
    mail = {"mail": Process(command="x", stop_timeout=100)}
    (tmp_path / "read").unlink()
    assert provisioned(tmp_path, processes=mail) == []
    assert "TimeoutStopSec=185" in (tmp_path / "slipway-hello.service").read_text()
    assert (tmp_path / "read").exists(), "systemd has not read the new time"
    assert provisioned(tmp_path, processes=mail) == []


def test_a_hardening_that_a_running_supervisord_does_not_have_is_told_until_it_is_restarted(tmp_path: Path) -> None:
    provisioned(tmp_path)
    (Path(site(rootless=True, root=str(tmp_path)).pid_file)).touch()
    loosened: dict[str, Any] = {"hardening_except": ("PrivateTmp",)}
    assert provisioned(tmp_path, **loosened)
    mail = {"mail": Process(command="x", stop_timeout=100)}
    assert provisioned(tmp_path, processes=mail, **loosened), "a process more has hidden what was told"


def test_limits_of_the_app_become_those_of_its_unit() -> None:
    unit = site(limits=Limits(memory="512M", cpu="150%", nofile=100_000)).render(
        "slipway.service.j2", stop_timeout=1, hardening={}
    )
    for line in ("MemoryMax=512M", "MemorySwapMax=0", "CPUQuota=150%", "LimitNOFILE=100000"):
        assert f"\n{line}\n" in unit
    unlimited = site().render("slipway.service.j2", stop_timeout=1, hardening={})
    assert "Memory" not in unlimited
    assert "CPUQuota" not in unlimited
    assert "LimitNOFILE=65536" in unlimited
