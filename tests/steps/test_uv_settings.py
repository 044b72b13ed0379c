"""Which settings uv reads where it runs as the account that deploys."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from slipway.core.shell import PRELUDE, Script
from slipway.steps import uv_settings, venv
from tests.steps.targets import target

SYSTEM = Path("/etc/uv/uv.toml")


def chosen(home: Path, **environ: str) -> str:
    """The file that uv is told to read, in a folder whose own settings name a Python."""
    (home / "app").mkdir()
    (home / "app/uv.toml").write_text('[pip]\npython = "./evil"\n')
    script = uv_settings.export(target()) + Script('printf %s "$UV_CONFIG_FILE"')
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), **environ}
    command = ["bash", "-c", f"{PRELUDE}\n{script}"]
    return subprocess.run(command, cwd=home / "app", env=environ, capture_output=True, text=True, check=True).stdout


def test_settings_in_the_commit_are_never_those_of_uv(tmp_path: Path) -> None:
    assert chosen(tmp_path) == (str(SYSTEM) if SYSTEM.exists() else "/dev/null")


@pytest.mark.parametrize("named", [True, False])
def test_settings_of_the_account_and_of_the_host_go_on_counting(tmp_path: Path, named: bool) -> None:
    own = tmp_path / ("named.toml" if named else ".config/uv/uv.toml")
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("")
    assert chosen(tmp_path, **({"UV_CONFIG_FILE": str(own)} if named else {})) == str(own)


def test_uv_is_told_before_it_runs() -> None:
    script = venv.build(target()).script.text
    assert 0 < script.index("export UV_CONFIG_FILE\n") < script.index("/bin/uv ")


def test_what_is_editable_is_not_built_either() -> None:
    assert " UV_NO_EDITABLE=1\n" in uv_settings.export(target()).text
