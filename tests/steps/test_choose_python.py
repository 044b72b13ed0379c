"""The Python that an app asks for is found on the host, or brought by uv; never another one in silence."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

import pytest
from msgspec.structs import replace

from slipway.core.shell import PRELUDE, sh
from slipway.detect.python_version import PythonWish
from slipway.model.layout import Layout
from slipway.steps import choose_python
from tests.steps.targets import target

UV = """#!/bin/sh
echo "$UV_PYTHON_INSTALL_DIR $*" > {base}/asked
[ -e {base}/offline ] && {{ echo 'error: no network' >&2; exit 1; }}
mkdir -p {base}/python/cpython-3.13.1-linux/bin
cp {base}/bin/python3.11 {base}/python/cpython-3.13.1-linux/bin/python3.13
"""


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A host with Python 3.11 as python3, 3.12 besides, and a uv that can bring 3.13."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "tools/bin").mkdir(parents=True)
    (tmp_path / "python").mkdir()
    for version in ("3.11", "3.12"):
        made = tmp_path / f"bin/python{version}"
        made.write_text(f"#!/bin/sh\ncase $* in *:3*) echo {version}.5;; *) echo {version};; esac\n")
        made.chmod(0o755)
    (tmp_path / "bin/python3").symlink_to("python3.11")
    uv = tmp_path / "tools/bin/uv"
    uv.write_text(UV.format(base=tmp_path))
    uv.chmod(0o755)
    return tmp_path


def chosen(host: Path, wish: PythonWish) -> tuple[int, str]:
    made = target()
    layout = Layout(PurePosixPath(host), PurePosixPath(host / "tools"))
    made = replace(made, layout=layout, detected=replace(made.detected, python=wish))
    script = sh(
        "PATH={{bin}}:/usr/bin:/bin\n{{choose}}\necho $python", bin=host / "bin", choose=choose_python.choose(made)
    )
    done = subprocess.run(["bash", "-c", f"{PRELUDE}\n{script}"], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize(
    ("versions", "python"),
    [
        ((), "bin/python3.11"),
        (("3.13", "3.12", "3.11"), "bin/python3.11"),
        (("3.13", "3.12"), "bin/python3.12"),
        (("3.13",), "python/cpython-3.13.1-linux/bin/python3.13"),
    ],
)
def test_the_hosts_own_is_the_first_choice(host: Path, versions: tuple[str, ...], python: str) -> None:
    wish = PythonWish(versions, ">=x", "requires-python in pyproject.toml")
    assert chosen(host, wish) == (0, str(host / python))
    assert (host / "asked").exists() == ("cpython" in python)


def test_what_uv_has_brought_is_asked_for_once_and_lies_in_the_place_for_all_apps(host: Path) -> None:
    wish = PythonWish(("3.13",), "3.13", ".python-version")
    assert chosen(host, wish)[0] == 0
    assert (host / "asked").read_text().startswith(f"{host}/python python install -q --no-bin --no-config 3.13")
    (host / "asked").unlink()
    assert chosen(host, wish)[0] == 0
    assert not (host / "asked").exists()


def test_an_exact_version_is_not_met_by_another_patch_release(host: Path) -> None:
    assert chosen(host, PythonWish(("3.12",), "3.12.5", "app.python"))[1].endswith("bin/python3.12")
    code, said = chosen(host, PythonWish(("3.12",), "3.12.1", "app.python"))
    assert code == 1
    assert "the app needs Python 3.12.1 (app.python), and the host has none" in said


def test_a_python_that_cannot_be_had_stops_the_deploy_in_one_line_that_says_what_to_do(host: Path) -> None:
    (host / "offline").touch()
    code, said = chosen(host, PythonWish(("3.9",), "3.9", ".python-version"))
    assert code == 1
    assert "the app needs Python 3.9 (.python-version), and the host has none: uv could not bring one" in said
    assert "UV_PYTHON_INSTALL_MIRROR" in said
    (host / "python").rmdir()
    assert "run `fab provision --hosts=web1`" in chosen(host, PythonWish(("3.9",), "3.9", ".python-version"))[1]


def test_a_launcher_counts_as_what_it_starts_and_not_at_all_where_it_starts_nothing(host: Path) -> None:
    (host / "bin/python3").unlink()
    (host / "bin/python3").write_text("#!/bin/sh\necho 3.11\n")
    (host / "bin/python3.13").write_text("#!/bin/sh\nexit 127\n")
    for name in ("python3", "python3.13"):
        (host / "bin" / name).chmod(0o755)
    wish = PythonWish(("3.13", "3.12", "3.11"), ">=3.11", "requires-python in pyproject.toml")
    assert chosen(host, wish) == (0, str(host / "bin/python3"))
    assert chosen(host, PythonWish(("3.13", "3.12"), ">=3.12", "x"))[1].endswith("bin/python3.12")
