"""Which venv a release gets, and which ones are refused."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

import pytest
from msgspec.structs import replace

from slipway.core.shell import PRELUDE, Script, sh
from slipway.model.layout import Layout
from slipway.steps import venv, venv_choice, venv_damage, venv_key
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


@pytest.mark.parametrize("damage", ["python", "package", "mark"])
def test_a_venv_that_is_complete_but_broken_is_not_reused(tmp_path: Path, damage: str) -> None:
    made = make(tmp_path, PLAIN)
    if damage == "python":
        (made / "bin/python").unlink()
    elif damage == "mark":
        (made / ".damaged").touch()
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


def compare(folder: Path, then: str) -> str:
    """What a deploy says that reuses a venv, whose next steps are `then`."""
    script = sh(
        "reused={{venv}}\n{{begin}}\n{{then}}\n{{end}}",
        venv=folder,
        begin=venv_damage.begin(target()),
        then=Script(then),
        end=venv_damage.end(target()),
    )
    return subprocess.run(["bash", "-c", f"{PRELUDE}\n{script}"], capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("rm {}/package0/fast.so", "package0/fast.so is missing or has another size"),
        ("truncate -s 3 {}/package0/slow.py", "package0/slow.py is missing or has another size"),
        ("touch {}/package0/more.py {}/package0/slow.pyc", ""),
    ],
)
def test_damage_deep_inside_stops_a_deploy_and_the_venv_is_not_reused(tmp_path: Path, damage: str, told: str) -> None:
    made = make(tmp_path, PLAIN)
    packages = made / "lib/python3.11/site-packages"
    for name in ("fast.so", "slow.py"):
        (packages / "package0" / name).write_text("some text")
    keep = sh("venv={{venv}}\n{{keep}}", venv=made, keep=venv_damage.keep(target()))
    subprocess.run(["bash", "-c", f"{PRELUDE}\n{keep}"], check=True)
    assert compare(made, "true") == ""
    assert chosen(tmp_path) == PLAIN
    subprocess.run(["bash", "-c", damage.replace("{}", str(packages))], check=True)
    said = compare(made, "true")
    assert told in said
    assert ("fail the venv is damaged" in said) == bool(told)
    assert chosen(tmp_path) == (ANEW if told else PLAIN)


def test_a_step_that_fails_for_the_damage_tells_it(tmp_path: Path) -> None:
    made = make(tmp_path, PLAIN)
    (made / "lib/gone.py").touch()
    (made / ".files").write_text("0 gone.py\n5 python3.11/gone.py\n")
    said = compare(made, "fail 'ImportError'")
    assert said.startswith("\x01fail ImportError\n")
    assert "the venv is damaged (python3.11/gone.py is missing" in said
