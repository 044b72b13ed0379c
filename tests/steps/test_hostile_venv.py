"""What a wheel or a commit brings never decides what the account that deploys reads or runs."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

import pytest
from msgspec.structs import replace

from slipway.core.shell import PRELUDE, Script, sh
from slipway.detect import Requirements
from slipway.detect.local_packages import LocalPackage
from slipway.model.layout import Layout
from slipway.steps import install_dependencies, refuse_steering_files, venv
from tests.steps.targets import target


def bash(script: Script) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", f"{PRELUDE}\n{script}"], capture_output=True, text=True, check=False)


def test_the_python_of_a_venv_never_runs_as_the_account_that_deploys() -> None:
    assert '$venv/bin/python" -' not in venv.build(target()).script.text


@pytest.mark.parametrize("file", ["pyvenv.cfg", ".complete", "", "link"])
def test_a_venv_is_refused_and_removed_if_a_wheel_has_replaced_what_is_ours(tmp_path: Path, file: str) -> None:
    made = tmp_path / "venv"
    (made / "bin").mkdir(parents=True)
    (made / "pyvenv.cfg").write_text("home = /usr/bin\n")
    if file == "link":
        (made / "lib").symlink_to(tmp_path)
    elif file:
        (made / file).write_text("home = /tmp/evil\n")
    begin = sh("venv={{venv}} made='home = /usr/bin'\n", venv=made)
    done = bash(begin + Script(refuse_steering_files.UNCHANGED))
    assert done.returncode == (1 if file else 0), done.stdout + done.stderr
    assert made.exists() == (not file)


@pytest.mark.parametrize("leads", ["/etc/hostname", "#/../../secret.env"])
def test_a_list_of_dependencies_that_leads_out_of_the_source_is_refused_unread(tmp_path: Path, leads: str) -> None:
    app = tmp_path / "app"
    (app / "#").mkdir(parents=True)
    (app / "requirements.txt").write_text("-r more.txt\n")
    (app / "more.txt").symlink_to(leads)
    (tmp_path / "secret.env").write_text("SECRET=1\n")
    listed = Requirements("requirements", ("requirements.txt",), ("requirements.txt", "more.txt"))
    plain = target()
    made = replace(plain, detected=replace(plain.detected, requirements=listed))
    done = bash(sh("cd {{app}}\n", app=app) + refuse_steering_files.within(made))
    assert (done.returncode, "./more.txt leads out" in done.stdout) == (1, True)
    whole = venv.build(plain).script.text
    assert whole.index("leads out of the source") < whole.index("pip install")


def test_the_name_of_a_script_in_a_venv_is_never_a_command(tmp_path: Path) -> None:
    like, made = tmp_path / "venvs/like", tmp_path / "venvs/made"
    (like / "bin").mkdir(parents=True)
    (like / "pyvenv.cfg").write_text("")
    (like / "bin/activate").write_text(f"VIRTUAL_ENV={like}\n")
    (like / "bin" / "x -e1eid>pwned").write_text(f"#!{like}/bin/python\n")
    (like / "bin/-f").write_text(f"#!{like}/bin/python\n")
    plain = target()
    listed = replace(plain.detected.requirements, local=(LocalPackage("", "alone"),))
    changed = replace(
        plain, layout=Layout(PurePosixPath(tmp_path)), detected=replace(plain.detected, requirements=listed)
    )
    script = venv._fill(changed).text
    copied = script[script.index("  cp -al") : script.index("again=()")]
    done = bash(sh("cd {{tmp}}\nlike={{like}} venv={{venv}}\n", tmp=tmp_path, like=like, venv=made) + Script(copied))
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "pwned").exists()
    assert {file.read_text() for file in (made / "bin").iterdir()} == {
        f"#!{made}/bin/python\n",
        f"VIRTUAL_ENV={made}\n",
    }


def test_uv_never_starts_the_python_of_a_copied_venv_which_runs_its_pth_files() -> None:
    lines = install_dependencies.reinstall(target()).text.splitlines()
    installs = [line for line in lines if " pip install " in line]
    assert installs
    assert all(line.lstrip().startswith("VIRTUAL_ENV=$own ") for line in installs)
