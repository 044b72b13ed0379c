"""Packages of the app are exchanged in the copy of a venv without anything of the venv being run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slipway.remote.host import replace_packages_in_venv_copy
from slipway.remote.host.program_io import Failed

SITE = "lib/python3.11/site-packages"


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A copy with version 1 of `shop`, whose RECORD names files outside too, and with another package."""
    (tmp_path / "outside").write_text("kept")
    record = "shop/a.py,,\nshop/old.py,,\n../../../bin/shop,,\nshop-1.dist-info/RECORD,,\n"
    return write(
        tmp_path / "venv",
        {
            "pyvenv.cfg": "home = /tmp/evil",
            "bin/shop": "old",
            "bin/activate": "VIRTUAL_ENV=venv",
            f"{SITE}/shop/a.py": "1",
            f"{SITE}/shop/old.py": "1",
            f"{SITE}/shop/__pycache__/old.cpython-311.pyc": "1",
            f"{SITE}/shop-1.dist-info/RECORD": f"{record}../../../../outside,,\n{tmp_path}/outside,,\n",
            f"{SITE}/django/b.py": "django",
        },
    )


@pytest.fixture
def own(tmp_path: Path) -> Path:
    made = write(
        tmp_path / "own",
        {
            "pyvenv.cfg": "home = /usr/bin",
            "bin/shop": f"#!{tmp_path}/own/bin/python\n",
            "bin/activate": "VIRTUAL_ENV=own",
            f"{SITE}/shop/a.py": "2",
            f"{SITE}/shop-2.dist-info/RECORD": "",
        },
    )
    (made / "lib64").symlink_to("lib")
    return made


def test_the_new_package_takes_the_place_of_the_old_one_and_nothing_else_changes(venv: Path, own: Path) -> None:
    shared = venv.parent / "like"
    os.link(venv / SITE / "shop/a.py", shared)
    replace_packages_in_venv_copy.main({"venv": str(venv), "own": str(own)})
    assert shared.read_text() == "1"
    assert (venv.parent / "outside").read_text() == "kept"
    assert {str(path.relative_to(venv)): path.read_text() for path in venv.rglob("*") if path.is_file()} == {
        "pyvenv.cfg": "home = /usr/bin",
        "bin/shop": f"#!{venv}/bin/python\n",
        "bin/activate": "VIRTUAL_ENV=venv",
        f"{SITE}/shop/a.py": "2",
        f"{SITE}/shop-2.dist-info/RECORD": "",
        f"{SITE}/django/b.py": "django",
    }


def test_a_file_in_the_place_of_a_folder_is_refused(venv: Path, own: Path) -> None:
    (own / SITE / "django").write_text("")
    with pytest.raises(Failed, match="django"):
        replace_packages_in_venv_copy.main({"venv": str(venv), "own": str(own)})
