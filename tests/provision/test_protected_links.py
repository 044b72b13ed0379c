"""The kernel's protection of links: switched on where it is off, told where that cannot be."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from slipway.provision.protected_links import TEXT, protected_links
from tests.provision.test_provision import bash, changes, site


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    folder = tmp_path / "fs"
    folder.mkdir()
    for name in ("symlinks", "hardlinks"):
        (folder / f"protected_{name}").write_text("1\n")
    return folder


def run(folder: Path) -> tuple[list[str], str]:
    step = protected_links(site(), PurePosixPath(folder), PurePosixPath(folder.parent / "99-slipway.conf"))
    code, marked, said = bash(step, Path("/"))
    assert code == 0
    return marked, said


def test_nothing_is_changed_where_links_are_protected(kernel: Path) -> None:
    assert run(kernel) == ([], "")
    assert not (kernel.parent / "99-slipway.conf").exists()


def test_what_is_off_is_switched_on_for_now_and_for_later(kernel: Path) -> None:
    (kernel / "protected_symlinks").write_text("0\n")
    settings = kernel.parent / "99-slipway.conf"
    assert changes(run(kernel)[0]) == ["fs.protected_symlinks of the kernel", str(settings)]
    assert (kernel / "protected_symlinks").read_text() == "1\n"
    assert settings.read_text() == TEXT
    assert run(kernel) == ([], "")


def test_a_host_that_may_not_change_its_kernel_is_told_each_time(kernel: Path) -> None:
    """As in a container, whose settings of the kernel are read-only; here they are not there."""
    for _ in range(2):
        (first, second), said = run(kernel.parent / "nowhere" / "fs")
        assert first.startswith("note fs.protected_symlinks of the kernel is off and cannot be changed from here")
        assert second.startswith("note fs.protected_hardlinks") and second.endswith("[links-followed]")
        assert said == ""
