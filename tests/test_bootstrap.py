"""The script ./fab: when it makes .venv, when it leaves it alone, and what it says where it cannot."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

TOOLS = ("sh", "cat", "cksum", "id", "mkdir", "mv", "readlink", "rm", "sleep", "chmod")

# Stands for uv: notes what it is asked to do, and makes a .venv whose python says what fab was called with.
UV = """#!/bin/sh
echo "$*" >>"$CALLS"
if [ "$1" = venv ]; then
    for venv in "$@"; do :; done
    mkdir -p "$venv/bin" "$venv/site"
    printf '#!/bin/sh\\ncase $1 in */cli/start.py) shift; echo fab "$@" ;; *) echo "%s" ;; esac\\n' "$venv/site" \\
        >"$venv/bin/python"
    chmod +x "$venv/bin/python"
    sleep "${SLOW:-0}"
else
    [ -z "${BROKEN:-}" ]
fi
"""


class Machine:
    """A checkout and a PATH of its own, on which only what a test puts there can be found."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.checkout, self.bin, self.calls = folder / "slipway", folder / "bin", folder / "calls"
        self.checkout.mkdir()
        self.bin.mkdir()
        shutil.copy(root / "fab", self.checkout / "fab")
        for name in ("requirements.lock", "requirements-dev.lock"):
            (self.checkout / name).write_text(f"{name}\n")
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or tool)
        (self.bin / "python3").symlink_to(sys.executable)

    def put(self, name: str, script: str) -> None:
        """Put a program on PATH in place of the one that may be there."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(script)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def fab(self, *arguments: str, script: Path | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [script or self.checkout / "fab", *arguments],
            env={"PATH": str(self.bin), "CALLS": str(self.calls), "HOME": os.devnull, **settings},
            capture_output=True,
            text=True,
            check=False,
        )

    def made(self) -> int:
        """How often uv was asked for a venv."""
        return sum(line.startswith("venv ") for line in self.calls.read_text().splitlines())


@pytest.fixture
def machine(tmp_path: Path, root: Path) -> Machine:
    """A machine with Python and uv."""
    machine = Machine(tmp_path, root)
    machine.put("uv", UV)
    return machine


def test_the_first_run_makes_the_venv_and_later_runs_only_use_it(machine: Machine) -> None:
    first, second = machine.fab("--list"), machine.fab("deploy", "--hosts=a b")
    assert (first.returncode, first.stdout) == (0, "fab --list\n")
    assert first.stderr.startswith("fab: making .venv with Python 3.")
    assert (second.stdout, second.stderr) == ("fab deploy --hosts=a b\n", "")
    assert machine.made() == 1


def test_the_lock_is_installed_as_it_stands_with_hashes_and_bytecode(machine: Machine) -> None:
    machine.fab()
    install = machine.calls.read_text().splitlines()[1]
    assert {"--no-deps", "--require-hashes", "--compile-bytecode"} <= set(install.split())
    assert install.endswith("requirements.lock")


def test_a_changed_lock_makes_the_venv_anew(machine: Machine) -> None:
    machine.fab()
    (machine.checkout / "requirements.lock").write_text("other\n")
    machine.fab()
    machine.fab()
    assert machine.made() == 2


def test_a_moved_checkout_makes_the_venv_anew_since_its_scripts_hold_paths(machine: Machine) -> None:
    machine.fab()
    machine.checkout = machine.checkout.rename(machine.checkout.with_name("moved"))
    assert machine.fab().returncode == 0
    assert machine.made() == 2


def test_a_vanished_interpreter_makes_the_venv_anew(machine: Machine) -> None:
    machine.fab()
    (machine.checkout / ".venv/bin/python").unlink()
    assert machine.fab().returncode == 0
    assert machine.made() == 2


def test_a_failed_installation_stops_and_the_next_run_starts_afresh(machine: Machine) -> None:
    failed = machine.fab(BROKEN="1")
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1] == "fab: making .venv failed (see above); the next run starts afresh."
    assert machine.fab("--list").stdout == "fab --list\n"
    assert machine.made() == 2


def test_a_killed_installation_is_not_taken_for_a_whole_one(machine: Machine) -> None:
    with subprocess.Popen(
        [machine.checkout / "fab"],
        env={"PATH": str(machine.bin), "CALLS": str(machine.calls), "SLOW": "1"},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr and "making .venv" in process.stderr.readline()
        process.kill()
    assert machine.fab("--list").stdout == "fab --list\n"
    assert (machine.checkout / ".venv/.made-from").exists()


def test_two_runs_at_once_make_one_venv(machine: Machine) -> None:
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda _: machine.fab("--list", SLOW="0.3"), range(3)))
    assert [run.stdout for run in runs] == ["fab --list\n"] * 3
    assert machine.made() == 1


def test_development_tools_are_added_once_when_asked_for(machine: Machine) -> None:
    machine.fab()
    machine.fab(SLIPWAY_DEV="1")
    machine.fab(SLIPWAY_DEV="1")
    machine.fab()
    installed = [line.split("/")[-1] for line in machine.calls.read_text().splitlines() if "pip" in line]
    assert installed == ["requirements.lock", "requirements-dev.lock"]


def test_it_works_through_a_symlink(machine: Machine, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(Path("slipway/fab"))
    assert machine.fab("--list", script=link).stdout == "fab --list\n"
    assert (machine.checkout / ".venv").is_dir()


OLD = "#!/bin/sh\n[ \"$1\" = --version ] && echo 'Python 3.9.2'\n"


@pytest.mark.parametrize(("python", "found"), [(OLD, "Python 3.9.2"), ("#!/bin/sh\nexit 127\n", "no python3")])
def test_a_python_that_is_too_old_or_absent_is_said_in_one_line(machine: Machine, python: str, found: str) -> None:
    machine.put("python3", python)
    done = machine.fab()
    assert done.returncode == 1
    assert done.stderr == (
        f"fab: Python 3.10 or newer is needed, but {found} is on PATH (PYTHON=/path/to/python3 names another).\n"
    )


# A python3 that is said to lie where no interpreter is, and so to lack every module.
BARE = "#!/bin/sh\necho %s\n"


@pytest.mark.parametrize(("user", "sudo"), [(0, ""), (1000, "sudo ")])
def test_a_missing_venv_module_is_said_with_the_line_that_installs_it(
    tmp_path: Path, root: Path, user: int, sudo: str
) -> None:
    machine = Machine(tmp_path, root)
    machine.put("python3", BARE % "/usr/bin/python3.99")
    machine.put("apt-get", "#!/bin/sh\n")
    machine.put("id", f"#!/bin/sh\necho {user}\n")
    done = machine.fab()
    assert done.returncode == 1
    assert done.stderr == (
        "fab: /usr/bin/python3.99 lacks the module venv: "
        f"{sudo}apt-get update && {sudo}apt-get install -y python3.99-venv\n"
    )


def test_where_apt_cannot_help_the_missing_modules_are_named(tmp_path: Path, root: Path) -> None:
    machine = Machine(tmp_path, root)
    machine.put("python3", BARE % "/opt/none/python3")
    machine.put("apt-get", "#!/bin/sh\n")
    done = machine.fab()
    assert done.returncode == 1
    assert done.stderr == ("fab: /opt/none/python3 lacks the modules venv and ensurepip: add them, or install uv.\n")


def test_a_command_after_dashes_is_led_to_our_executor(machine: Machine) -> None:
    machine.fab()
    (machine.checkout / ".venv/bin/python").write_text('#!/bin/sh\necho "$INVOKE_RUNTIME_CONFIG"\n')
    assert machine.fab("-H", "a", "--", "ls").stdout == f"{machine.checkout}/fabric.yaml\n"
    assert machine.fab("--list").stdout == "\n"
