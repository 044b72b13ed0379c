"""Dependencies from wheels that are sent: nothing else is installed, nothing is built, no index is asked."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from slipway.core.shell import PRELUDE
from slipway.detect import Requirements
from slipway.inventory.app import Build
from slipway.model.step import Target
from slipway.steps import venv, venv_key, wheels_sent_with_release
from tests.steps.targets import target


@pytest.fixture
def sent(tmp_path: Path) -> Target:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels/idna-3-py3-none-any.whl").write_bytes(b"idna")
    made = target(uploads=("wheels",), build=Build(wheels="wheels", local=("pip wheel",)))
    return replace(made, source=replace(made.source, built=tmp_path))


def test_uv_is_told_to_ask_nobody_and_to_build_nothing(sent: Target) -> None:
    script = venv.build(sent).script.text
    installs = [line for line in script.splitlines() if "uv pip install" in line]
    assert len(installs) == 2
    assert all("--no-build --no-index --find-links ./wheels " in line for line in installs)
    assert "shop-build" not in script
    assert f"{hashlib.sha256(b'idna').hexdigest()}  idna-3-py3-none-any.whl" in script


def test_a_wheel_that_changes_makes_another_venv(sent: Target) -> None:
    before = venv_key.key(sent)
    assert sent.source.built
    (sent.source.built / "wheels/idna-3-py3-none-any.whl").write_bytes(b"other")
    assert venv_key.key(sent) != before != venv_key.key(target())


def check(sent: Target, folder: Path) -> tuple[int, str]:
    script = f"{PRELUDE}{wheels_sent_with_release.check(sent)}\necho installed"
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_a_host_installs_only_what_was_sent(sent: Target, tmp_path: Path) -> None:
    assert check(sent, tmp_path) == (0, "installed\n")
    script = wheels_sent_with_release.check(sent)
    wheel = tmp_path / "wheels/idna-3-py3-none-any.whl"
    frozen = replace(sent, source=replace(sent.source, built=tmp_path / "elsewhere"))
    assert "there are no wheels in it" in wheels_sent_with_release.check(frozen).text
    wheel.write_bytes(b"evil")
    for text in (f"{PRELUDE}{script}\necho installed",):
        done = subprocess.run(["bash", "-c", text], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "are not those that were sent" in done.stdout
        assert "installed" not in done.stdout
    wheel.unlink()
    (tmp_path / "secret").write_bytes(b"idna")
    wheel.symlink_to(tmp_path / "secret")
    done = subprocess.run(
        ["bash", "-c", f"{PRELUDE}{script}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "is no wheel that was sent" in done.stdout


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        (Requirements("uv", ("uv.lock",), ("uv.lock",)), "uv export"),
        (Requirements("none"), "there are no wheels"),
    ],
)
def test_what_cannot_come_from_wheels_is_told(needs: Requirements, said: str) -> None:
    made = target(uploads=("wheels",), build=Build(wheels="wheels"))
    made = replace(made, detected=replace(made.detected, requirements=needs))
    assert said in wheels_sent_with_release.check(made).text


def test_a_change_of_settings_keeps_the_venv_in_force(sent: Target) -> None:
    kept = "follow kept /srv/shop/current/venv\nplain=/srv/shop/venvs/$kept\nfor made in"
    assert kept in venv.build(replace(sent, operation="env.set")).script.text
    assert kept not in venv.build(sent).script.text
