"""`pip install` of a checkout gives a `fab` that needs nothing but inventory.toml in the app's repository."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

INVENTORY = '[app]\nname = "x"\n[hosts.web1]\naddress = "192.0.2.1"\n'
FABFILE = """from invoke import task
from slipway.tasks import namespace


@task
def report(c):
    \"\"\"Send the report.\"\"\"
    print("sent")


namespace.add_task(report)
"""


@pytest.fixture(scope="module")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands that an installation makes."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "install", str(root)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert subprocess.run([*pip, "check"], check=False).returncode == 0
    return folder / "bin"


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", ["fab", "slipway"])
def test_it_works_in_any_folder_of_a_repository_with_an_inventory(
    installed: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "inventory.toml").write_text(INVENTORY)
    (tmp_path / "sub").mkdir()
    listed = run(tmp_path / "sub", str(installed / command), "--list")
    assert listed.returncode == 0 and listed.stdout.startswith("Begin:\n"), listed.stderr
    dry = run(tmp_path / "sub", str(installed / command), "lock", "--dry", "web1")
    assert dry.returncode == 0 and "web1" in dry.stdout, dry.stderr
    wrong = run(tmp_path / "sub", str(installed / command), "status", "other")
    assert (wrong.returncode, wrong.stderr.splitlines()[0]) == (2, "error: unknown group, role or host 'other'")


def test_a_teams_own_fabfile_adds_tasks(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "inventory.toml").write_text(INVENTORY)
    (tmp_path / "fabfile.py").write_text(FABFILE)
    listed = run(tmp_path, str(installed / "fab"), "--list").stdout
    assert listed.splitlines()[-3] == "  report               Send the report.", listed
    assert run(tmp_path, str(installed / "fab"), "report").stdout == "sent\n"
    assert run(tmp_path, str(installed / "fab"), "nope").returncode == 2


def test_the_demo_belongs_to_a_clone(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "inventory.toml").write_text(INVENTORY)
    done = run(tmp_path, str(installed / "fab"), "demo")
    assert done.returncode == 2 and "no group `lab`" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["inventory.toml"]


def test_patchwork_is_carried_unchanged(installed: Path) -> None:
    text = (
        "from slipway.core.patchwork_compat import patchwork\n"
        "import inspect; print(inspect.getsource(inspect.getmodule(patchwork().rsync)))"
    )
    carried = run(installed, str(installed / "python"), "-c", text)
    mine = run(installed, sys.executable, "-c", text)
    assert carried.returncode == 0 and carried.stdout == mine.stdout, carried.stderr
