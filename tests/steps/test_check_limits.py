"""What the kernel does not enforce of the inventory's limits is told by a deploy, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from slipway.core.shell import Script
from slipway.inventory.limits import Limits
from slipway.steps.check_limits import check_limits, kernel_value
from tests.provision.test_provision import bash
from tests.steps.targets import target

LIMITED = Limits(memory="512M", cpu="150%")


def told(folder: Path, limits: Limits, **files: str) -> list[str]:
    """The notes where the unit's control group has these files."""
    (folder / "bin").mkdir()
    (folder / "bin" / "systemctl").write_text("#!/bin/sh\necho /unit\n")
    (folder / "bin" / "systemctl").chmod(0o755)
    (folder / "unit").mkdir()
    for name, text in files.items():
        (folder / "unit" / f"{name}.max").write_text(f"{text}\n")
    script = Script(check_limits(target(limits=limits)).text.replace("/sys/fs/cgroup", str(folder)))
    code, marked, said = bash(script, folder, PATH=f"{folder}/bin:/usr/bin:/bin")
    assert code == 0, said
    return [line for line in marked if "limits-not-enforced" in line]


def test_nothing_is_told_where_the_kernel_has_the_limits(tmp_path: Path) -> None:
    assert told(tmp_path, LIMITED, memory="536870912", cpu="150000 100000") == []


def test_a_limit_that_provision_has_not_set_yet_is_told(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu memory pids\n")
    notes = told(tmp_path, LIMITED, memory="max")  # no file for cpu: nothing uses that control yet
    assert len(notes) == 2
    assert "memory = 512M of [app.limits] is not in force yet: `fab provision --hosts=web1` sets it" in notes[0]


def test_a_host_that_cannot_enforce_a_limit_is_told(tmp_path: Path) -> None:
    notes = told(tmp_path, LIMITED)
    assert [note.partition(" of ")[0].split(" ", 1)[1] for note in notes] == ["memory = 512M", "cpu = 150%"]
    assert all("the host has no control over it" in note for note in notes)


def test_without_limits_nothing_is_asked_and_without_root_nothing_can_be_enforced() -> None:
    made = target()
    assert check_limits(made).text == ""
    assert check_limits(target(limits=Limits(nofile=100))).text == ""
    rootless = replace(made, host=replace(made.host, rootless=True), app=replace(made.app, limits=LIMITED))
    assert "memory = 512M and cpu = 150% of [app.limits] is not enforced" in check_limits(rootless).text


@pytest.mark.parametrize(
    ("key", "value", "written"),
    [("memory", "1g", "1073741824"), ("memory", "5k", "4096"), ("cpu", "50%", "50000 100000")],
)
def test_a_limit_is_compared_as_systemd_writes_it(key: str, value: str, written: str) -> None:
    assert kernel_value(key, value) == written
