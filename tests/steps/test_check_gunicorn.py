"""gunicorn's check of an app: what fails is named by the app's command, not by what passes its output on."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from slipway.core.shell import PRELUDE
from slipway.steps.config import _check_gunicorn
from tests.steps.targets import target

CONF = target().paths.gunicorn


@pytest.mark.parametrize(
    ("code", "said"), [(3, "error 3 gunicorn --check-config -c {conf} shop.wsgi:application"), (0, "")]
)
def test_a_check_that_fails_is_named_with_its_own_exit_code(tmp_path: Path, code: int, said: str) -> None:
    sudo = tmp_path / "sudo"
    sudo.write_text(f"#!/bin/sh\necho 'no module named shop'\nexit {code}\n")
    sudo.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", f"{PRELUDE}{_check_gunicorn(target()).text}"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    marked = [line[1:] for line in done.stdout.splitlines() if line.startswith("\x01")]
    assert done.returncode == code
    assert marked == ([said.format(conf=CONF)] if said else [])
    assert "no module named shop" in done.stdout
