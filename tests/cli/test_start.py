"""`./fab` starts Fabric's own program, without modules that only invoke's tests need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

START = Path("slipway", "cli", "start.py")


def python(root: Path, text: str) -> str:
    """What a Python of its own prints, started at the top of the checkout."""
    done = subprocess.run([sys.executable, "-c", text], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_fabrics_own_program(root: Path) -> None:
    words = [sys.executable, str(root / START), "--version"]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True)
    assert "\nFabric 3." in done.stdout


@pytest.mark.parametrize("safe", ["", "1"])
def test_the_names_of_its_folder_are_not_there_for_everybody(root: Path, tmp_path: Path, safe: str) -> None:
    (tmp_path / "fabfile.py").write_text(
        "import sys\nfrom invoke import task\n\n@task\ndef show(c):\n    print(*sys.path, sep='\\n')\n"
    )
    words = [sys.executable, str(root / START), "-r", str(tmp_path), "show"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "mine"), "PYTHONSAFEPATH": safe}
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert str(tmp_path / "mine") in done.stdout.splitlines()
    assert str(root / "slipway") not in done.stdout.splitlines()


def test_mocks_are_loaded_only_for_those_who_want_them(root: Path) -> None:
    text = (
        "import sys; from slipway.cli.start import program\n"
        "program(); print('asyncio' in sys.modules, 'unittest.mock' in sys.modules)\n"
        "from invoke import MockContext, Result\n"
        "c = MockContext(run={'ls': Result('a')}); print(c.run('ls').stdout, c.run.call_count)"
    )
    assert python(root, text) == "False False\na 1\n"
