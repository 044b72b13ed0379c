"""A venv goes from one host to another: plain files alone, and never in the place of one that is there."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from slipway.core.errors import SlipwayError
from slipway.model.venv_passing_through import VenvArchive
from slipway.remote import program
from slipway.remote.host.send_venv import MAGIC

SITE = "lib/python3.11/site-packages"


def run(name: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    words = [sys.executable, "-I", "-S", "-c", program(name), json.dumps(options, default=str)]
    return subprocess.run(words, capture_output=True, timeout=60)


def write(path: Path, text: str = "", mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """What uv makes, with two packages in it."""
    folder = tmp_path / "venv"
    skeleton(folder, "made by the first host")
    write(folder / SITE / "shop/__init__.py", "NAME = 'shop'\n")
    write(folder / SITE / "shop/__pycache__/__init__.cpython-311.pyc", "bytecode")
    write(folder / SITE / "shop/fast.so", "\0" * 300_000)
    write(folder / "bin/shop", "#!/bin/sh\n", 0o755)
    write(folder / ".complete", "3\n")
    return folder


def skeleton(folder: Path, home: str) -> None:
    write(folder / "pyvenv.cfg", home)
    write(folder / "bin/activate", home)
    (folder / "bin/python").symlink_to(sys.executable)
    write(folder / SITE / "_virtualenv.pth", home)
    (folder / "lib64").symlink_to("lib")


def sent(venv: Path) -> bytes:
    done = run("host.send_venv", venv=venv)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(MAGIC)
    return done.stdout[len(MAGIC) :]


def received(tmp_path: Path, data: bytes, sha256: str = "") -> tuple[Path, str]:
    target = tmp_path / "other"
    skeleton(target, "made by the second host")
    archive = tmp_path / "archive"
    archive.write_bytes(data)
    folder = tmp_path / "other.received"
    digest = sha256 or hashlib.sha256(data).hexdigest()
    done = run("host.receive_venv", archive=archive, venv=target, folder=folder, sha256=digest)
    return target, done.stdout.decode() if done.returncode else ""


def packed(*files: tuple[bytes, bytes]) -> bytes:
    parts = [b"file %d %d\n%b%b" % (len(name), len(text), name, text) for name, text in files]
    return zlib.compress(b"".join(parts) + b"report 2\n{}")


def test_the_other_host_has_the_same_files_and_its_own_interpreter_settings_and_bytecode(
    venv: Path, tmp_path: Path
) -> None:
    other, failed = received(tmp_path, sent(venv))
    assert not failed
    for name in ("shop/__init__.py", "shop/fast.so"):
        assert (other / SITE / name).read_bytes() == (venv / SITE / name).read_bytes()
    assert (other / "bin/shop").stat().st_mode & 0o777 == 0o755
    for name in ("pyvenv.cfg", "bin/activate", f"{SITE}/_virtualenv.pth"):
        assert (other / name).read_text() == "made by the second host"
    assert not (other / ".complete").exists()
    assert not (other / SITE / "shop/__pycache__").exists()
    assert not (tmp_path / "other.received").exists()


def test_what_was_changed_or_cut_off_on_its_way_is_refused(venv: Path, tmp_path: Path) -> None:
    data = sent(venv)
    other, failed = received(tmp_path, data, sha256="0" * 64)
    assert "did not arrive whole" in failed
    assert not (other / SITE / "shop").exists()


def test_an_archive_that_ends_early_is_refused(venv: Path, tmp_path: Path) -> None:
    assert received(tmp_path, sent(venv)[:-20])[1]


@pytest.mark.parametrize(
    "name", [b"../x", b"/etc/x", b"bin/../../x", b"lib64/python3.11/x.py", b"pyvenv.cfg", b"a\nb/x"]
)
def test_a_hostile_host_writes_nowhere_else(tmp_path: Path, name: bytes) -> None:
    other, failed = received(tmp_path, packed((name, b"evil")))
    assert failed
    assert (other / "pyvenv.cfg").read_text() == "made by the second host"
    found = [path for path in tmp_path.rglob("*") if path.is_file() and path.read_bytes() == b"evil"]
    assert all(tmp_path / "other.received" in path.parents for path in found)


def test_a_hostile_host_takes_no_place_of_the_interpreter(tmp_path: Path) -> None:
    other, failed = received(tmp_path, packed((b"bin/python", b"evil")))
    assert not failed
    assert (other / "bin/python").is_symlink()


def test_this_machine_keeps_what_comes_after_the_talk_of_a_login_shell_and_only_for_as_long(tmp_path: Path) -> None:
    archive = VenvArchive("web1")
    archive.keep([b"Welcome!\n" + MAGIC[:5], MAGIC[5:] + b"a", b"bc"])
    assert archive.file.read_bytes() == b"abc"
    assert archive.sha256 == hashlib.sha256(b"abc").hexdigest()
    assert archive.file.parent.stat().st_mode & 0o777 == 0o700
    folder = archive.file.parent
    del archive
    assert not folder.exists()
    with pytest.raises(SlipwayError, match="handed over no venv"):
        VenvArchive("web1").keep([b"This account is not available\n"])
