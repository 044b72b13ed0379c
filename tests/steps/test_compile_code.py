"""The bytecode of a release comes from its own files: nothing is read or written through a link."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path, PurePosixPath

from msgspec.structs import replace

from slipway.core.shell import PRELUDE, sh
from slipway.model.layout import Layout
from slipway.model.step import Target
from slipway.steps import upload_built_files
from slipway.steps.compile_code import compile_code
from tests.steps.targets import target


def release(folder: Path, **app: object) -> tuple[Target, Path]:
    made = replace(target(**app), layout=Layout(PurePosixPath(folder / "srv/shop")))  # type: ignore[arg-type]
    place = Path(made.paths.app)
    place.mkdir(parents=True)
    return made, place


def compiled(made: Target) -> set[str]:
    script = sh('python={{python}}\n{{compile}}\nwait "$compiling" || true\necho "went on"', python=sys.executable,
                compile=compile_code(made))  # fmt: skip
    done = subprocess.run(["bash", "-c", f"{PRELUDE}\n{script}"], capture_output=True, text=True, check=True)
    assert done.stdout == "went on\n"
    base = Path(made.layout.base).parent
    return {
        str(path.relative_to(base).parent.parent) + "/" + path.name.partition(".")[0] for path in base.rglob("*.pyc")
    }


def test_only_regular_files_of_the_release_are_compiled(tmp_path: Path) -> None:
    made, app = release(tmp_path)
    victim = tmp_path / "srv/victim"
    victim.mkdir()
    (victim / "secret.py").write_text("KEY = 1\n")
    for name in ("one.py", "sub/two.py", "sub/new\nline.py", "broken.py", "data/three.py", "no.txt"):
        (app / name).parent.mkdir(exist_ok=True)
        (app / name).write_text("x = 1\n" if name != "broken.py" else "def")
    (app / "leak.py").symlink_to(victim / "secret.py")
    (app / "folder").symlink_to(victim)
    assert compiled(made) == {
        f"{app.relative_to(tmp_path / 'srv')}/{name}" for name in ("one", "sub/two", "sub/new\nline")
    }


def test_a_release_without_code_is_no_trouble(tmp_path: Path) -> None:
    made, _ = release(tmp_path)
    assert compiled(made) == set()


def test_bytecode_among_files_that_were_sent_does_not_come_into_the_release(tmp_path: Path) -> None:
    made, app = release(tmp_path, uploads=("dist",))
    kept = Path(made.layout.uploads) / "dist"
    (kept / "sub").mkdir(parents=True)
    (kept / "a.py").write_text("")
    (tmp_path / "srv/victim").mkdir()
    (kept / "__pycache__").symlink_to(tmp_path / "srv/victim")
    (kept / "sub/__pycache__").mkdir()
    step = upload_built_files.place(made)
    subprocess.run(["bash", "-c", f"{PRELUDE}\n{step.script}"], capture_output=True, text=True, check=True)
    assert sorted(path.name for path in (app / "dist").rglob("*")) == ["a.py", "sub"]
    assert kept.parent.stat().st_mode & 0o7777 == 0o2750  # no other account lists what was sent
    assert (kept / "__pycache__").is_symlink()
    assert not list((tmp_path / "srv/victim").iterdir())
