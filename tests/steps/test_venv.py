"""Which venv a release gets, and which ones are refused."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

import pytest
from msgspec.structs import replace

from slipway.core.shell import PRELUDE, sh
from slipway.model.layout import Layout
from slipway.steps import venv, venv_choice, venv_key
from tests.steps.targets import target

KEY = venv_key.key(target())
PLAIN, ANEW = f"{KEY}-python3.11", f"{KEY}.20261120-131502-python3.11"


def chosen(folder: Path, force: bool = False) -> str:
    made = replace(target(), layout=Layout(PurePosixPath(folder)), force=force)
    script = sh("python=/usr/bin/python3.11\n{{choose}}\necho $name", choose=venv_choice.choose(made))
    done = subprocess.run(["bash", "-c", f"{PRELUDE}\n{script}"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def make(folder: Path, name: str, noted: str = "2\n", packages: int = 2) -> Path:
    made = folder / "venvs" / name
    (made / "bin").mkdir(parents=True)
    (made / "bin" / "python").symlink_to("/bin/sh")
    for number in range(packages):
        (made / "lib/python3.11/site-packages" / f"package{number}").mkdir(parents=True)
    (made / ".complete").write_text(noted)
    return made


def test_a_venv_is_made_once_and_reused(tmp_path: Path) -> None:
    assert chosen(tmp_path) == PLAIN
    make(tmp_path, PLAIN)
    assert chosen(tmp_path) == PLAIN


def test_a_venv_of_the_version_before_is_reused(tmp_path: Path) -> None:
    make(tmp_path, PLAIN, noted="")
    assert chosen(tmp_path) == PLAIN


def test_a_forced_venv_stands_beside_the_old_one_and_is_what_later_deploys_use(tmp_path: Path) -> None:
    make(tmp_path, PLAIN)
    assert chosen(tmp_path, force=True) == ANEW
    make(tmp_path, ANEW)
    assert chosen(tmp_path) == ANEW


@pytest.mark.parametrize("damage", ["python", "package"])
def test_a_venv_that_is_complete_but_broken_is_not_reused(tmp_path: Path, damage: str) -> None:
    made = make(tmp_path, PLAIN)
    if damage == "python":
        (made / "bin/python").unlink()
    else:
        (made / "lib/python3.11/site-packages/package1").rmdir()
    assert chosen(tmp_path) == ANEW
    make(tmp_path, ANEW)
    assert chosen(tmp_path) == ANEW


@pytest.mark.parametrize(
    ("file", "text", "refused"),
    [
        ("__editable__lib.pth", "{base}/releases/r1/app/libs/lib\n", True),
        ("lib.pth", "{base}/releases/r1/app\n", True),
        ("lib-1.dist-info/direct_url.json", '{{"url": "file://{base}/releases/r1/app/lib"}}', True),
        ("__editable___lib_finder.py", "MAPPING = {{'lib': '{base}/releases/r1/app/lib'}}", True),
        ("lib.pth", "import lib\n", False),
        ("lib-1.dist-info/direct_url.json", '{{"url": "https://example.org/lib.whl"}}', False),
    ],
)
def test_a_venv_that_leads_into_a_release_is_refused(tmp_path: Path, file: str, text: str, refused: bool) -> None:
    packages = make(tmp_path, PLAIN) / "lib/python3.11/site-packages"
    (packages / file).parent.mkdir(exist_ok=True)
    (packages / file).write_text(text.format(base=tmp_path))
    check = venv._check(replace(target(), layout=Layout(PurePosixPath(tmp_path))))
    script = sh(
        "venv={{venv}}\ncd {{tmp}}\n{{check}}", tmp=tmp_path / "venvs", venv=tmp_path / "venvs" / PLAIN, check=check
    )
    done = subprocess.run(["bash", "-c", f"{PRELUDE}\n{script}"], capture_output=True, text=True, check=False)
    assert done.returncode == (1 if refused else 0), done.stdout + done.stderr
    assert ("leads into the release" in done.stdout) == refused
