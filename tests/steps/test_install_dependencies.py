"""How a venv is filled, for each way in which an app lists its dependencies."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from msgspec.structs import replace

from slipway.core.shell import Script
from slipway.detect import Requirements
from slipway.detect.local_packages import LocalPackage
from slipway.steps import files_for_builder, install_dependencies
from tests.steps.targets import target


def commands(
    requirements: Requirements, servers: tuple[str, ...] = ("gunicorn",), **settings: tuple[str, ...]
) -> list[str]:
    plain = target()
    made = replace(
        plain,
        app=replace(plain.app, **settings),
        detected=replace(plain.detected, requirements=requirements, servers=servers),
    )
    text = install_dependencies._install(made, Script("WORDS")).text.replace(" \\\n ", "")
    return [line.removesuffix(" &&").replace("/opt/slipway/tools/bin/", "") for line in text.splitlines()]


def test_the_server_comes_in_a_command_of_its_own_so_that_required_hashes_do_not_refuse_it() -> None:
    listed = Requirements("requirements", ("a.txt", "b.txt"), ("a.txt", "b.txt"))
    assert commands(listed) == ["uv pip install WORDS -r a.txt -r b.txt", "uv pip install WORDS gunicorn"]


def test_a_locked_project_in_a_subfolder_is_installed_from_there_with_the_python_of_the_venv() -> None:
    locked = Requirements("uv", ("backend/pyproject.toml",), folder="backend", member="shop")
    sync, _ = commands(locked)
    assert sync.startswith('uv sync --project ./backend --package shop --python "$VIRTUAL_ENV/bin/python" --frozen ')


def test_what_lies_in_the_commit_is_built_and_never_installed_from_its_folder() -> None:
    local = (LocalPackage("libs/a", "listed"), LocalPackage("", "alone"))
    lines = (("r.txt", ((2, 3),)),)
    listed = Requirements("requirements", ("r.txt",), ("r.txt",), local=local, local_lines=lines)
    first, second = commands(listed, ())
    assert first == ('uv pip install WORDS -c "$local/constraints" -r "$local/lists/"r.txt "${own[@]}" "${listed[@]}"')
    assert second == 'uv pip install WORDS --no-deps "${alone[@]}"'


def test_a_pyproject_in_a_subfolder_is_the_one_that_is_installed_from() -> None:
    project = Requirements("pyproject", ("backend/pyproject.toml",), folder="backend")
    assert commands(project)[0] == "uv pip install WORDS -r backend/pyproject.toml"


def test_nothing_is_installed_for_an_app_that_needs_nothing() -> None:
    assert commands(Requirements("none"), ()) == [":"]
    assert commands(Requirements("none")) == ["uv pip install WORDS gunicorn"]


def test_what_the_inventory_chooses_and_adds_is_installed_without_a_change_in_the_app() -> None:
    chosen = {"extras": ("db",), "groups": ("prod",), "constraints": ("c.txt",), "add_requirements": ("sentry-sdk",)}
    more = "uv pip install WORDS -c c.txt sentry-sdk"
    project = Requirements("pyproject", ("web/pyproject.toml",), folder="web")
    assert commands(project, (), **chosen) == [
        "uv pip install WORDS -c c.txt -r web/pyproject.toml --extra db --group web/pyproject.toml:prod",
        more,
    ]
    locked = Requirements("uv", ("pyproject.toml",), member="shop")
    assert "--inexact --extra db --group prod WORDS" in commands(locked, (), **chosen)[0]
    assert commands(Requirements("locked", ("poetry.lock",)), (), **chosen) == [
        'uv pip install WORDS --no-deps -r "$locked"',
        more,
    ]


def test_wheels_of_the_app_and_a_locked_list_reach_the_account_that_builds(tmp_path: Path) -> None:
    for place in ("app/-odd.txt", "v.local/.slipway-local/list", "v.locked/locked.txt"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(place)
    local = (LocalPackage("", "complete"),)
    plain = target()
    for needs, names in (
        (Requirements("locked", files=("-odd.txt",), local=local), {"-odd.txt", "list", "locked.txt"}),
        (Requirements("pyproject", files=("-odd.txt",), local=local), {"-odd.txt", "list"}),
        (Requirements("requirements", files=("-odd.txt",)), {"-odd.txt"}),
        (Requirements("none"), set()),
    ):
        made = replace(plain, detected=replace(plain.detected, requirements=needs))
        script = f"set -o pipefail; cd app; {files_for_builder.send(made)} | tar -tf -"
        environment = {**os.environ, "venv": str(tmp_path / "v")}
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert {name.rpartition("/")[2] for name in done.stdout.split() if not name.endswith("/")} == names


def test_a_committed_lock_file_does_not_come_after_what_is_made_of_it(tmp_path: Path) -> None:
    for place in ("app/pylock.toml", "v.locked/pylock.toml"):
        (tmp_path / place).parent.mkdir()
        (tmp_path / place).write_text(place)
    plain = target()
    needs = Requirements("locked", ("pylock.toml",), ("pylock.toml",))
    made = replace(plain, detected=replace(plain.detected, requirements=needs))
    script = f"mkdir there; cd app; {files_for_builder.send(made)} | tar -C ../there -xf -; cat ../there/pylock.toml"
    environment = {**os.environ, "venv": str(tmp_path / "v")}
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout == "v.locked/pylock.toml"


def test_packages_that_were_built_are_left_out_of_a_pylock(tmp_path: Path) -> None:
    blocks = [f'[[packages]]\nname = "{name}"\nversion = "1"\n\n' for name in ("a", "b-c", "b")]
    (tmp_path / "pylock.toml").write_text('lock-version = "1.0"\n\n' + "".join(blocks))
    words = ["awk", "-v", "names= b-c d ", files_for_builder.LEAVE_OUT, "pylock.toml"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == 'lock-version = "1.0"\n\n' + blocks[0] + blocks[2]
