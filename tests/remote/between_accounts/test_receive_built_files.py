"""What build commands have made is taken over as files and links within the release, whatever is sent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.remote import program
from slipway.remote.between_accounts.receive_built_files import stays_inside

HAND_OVER = {"tree": "app", "snapshot": "before.json", "only": []}


def hand_over(folder: Path, **more: object) -> subprocess.CompletedProcess[bytes]:
    words = [sys.executable, "-I", "-S", "-", json.dumps({**HAND_OVER, **more})]
    text = program("between_accounts.send_built_files").encode()
    return subprocess.run(words, input=text, capture_output=True, cwd=folder, check=True)


def take_over(folder: Path, stream: bytes) -> tuple[int, str]:
    code = program("between_accounts.receive_built_files")
    words = [sys.executable, "-I", "-S", "-c", code, json.dumps({"folder": str(folder / "files")})]
    done = subprocess.run(words, input=stream, capture_output=True, check=False)
    return done.returncode, done.stdout.decode()


def sent(kind: str, name: str, content: str) -> bytes:
    return f"{kind} {len(name)} {len(content)}\n{name}{content}".encode()


END = b"report 2\n{}"


def test_only_what_is_new_or_changed_comes_over_with_its_mode(tmp_path: Path) -> None:
    app = tmp_path / "app"
    (app / "sub").mkdir(parents=True)
    for name in ("same", "changed", "sub/same"):
        (app / name).write_text("old")
    hand_over(tmp_path, begin=True)
    (app / "changed").write_text("new")
    (app / "sub/tool").write_text("x" * 300_000)
    (app / "sub/tool").chmod(0o755)
    (app / "link").symlink_to(app / "sub")
    (app / "__pycache__").mkdir()
    (app / "__pycache__/x.pyc").write_text("bytecode")
    os.mkfifo(app / "fifo")
    code, said = take_over(tmp_path, hand_over(tmp_path).stdout)
    assert (code, said) == (0, "the build commands made 3 files, 292 KiB\n")
    files = tmp_path / "files"
    found = {str(path.relative_to(files)) for path in files.rglob("*") if path.is_symlink() or path.is_file()}
    assert found == {"changed", "sub/tool", "link"}
    assert os.readlink(files / "link") == "sub"
    assert [(files / name).stat().st_mode & 0o777 for name in ("changed", "sub/tool")] == [0o640, 0o750]


def test_outputs_limit_what_comes_over(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    hand_over(tmp_path, begin=True)
    for name in ("dist/a", "distance", "other"):
        (tmp_path / "app" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "app" / name).write_text("")
    take_over(tmp_path, hand_over(tmp_path, only=["dist"]).stdout)
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["dist"]


@pytest.mark.parametrize(
    "stream",
    [
        sent("file", "../evil", "x"),
        sent("file", "/evil", "x"),
        sent("file", "a/__pycache__/b.pyc", "x"),
        sent("link", "__pycache__", "a"),
        sent("file", "a\nb", "x"),
        sent("file", ".", "x"),
        sent("link", "a", ".."),
        sent("link", "a", "/etc"),
        sent("link", "a/b", "c/../../../etc"),
        sent("link", "a", ""),
        sent("link", "a", "b") + sent("file", "a/x", "x"),
        sent("link", "a", "b") + sent("file", "a", "x"),
        sent("file", "a", "x") + sent("file", "a", "y"),
        sent("device", "a", "x"),
        b"file 1 99999999999999\nax",
        b"file 1 5\nax",
        b"file 99999 1\nax",
        b"\x01done 1 0\n",
    ],
)
def test_what_is_not_as_it_should_be_is_refused(tmp_path: Path, stream: bytes) -> None:
    (tmp_path / "outside").mkdir()
    code, said = take_over(tmp_path, stream + END)
    assert code == 1
    assert said.startswith("\x01fail ")
    assert os.listdir(tmp_path / "outside") == []
    assert not (tmp_path / "evil").exists()


def test_a_stream_without_an_end_is_refused(tmp_path: Path) -> None:
    assert take_over(tmp_path, sent("file", "a", "x"))[0] == 1


@pytest.mark.parametrize(
    ("name", "to", "inside"),
    [
        ("a", "b", True),
        ("a/b/c", "../../d/e", True),
        ("a", "b/", True),
        ("a/b", "../..", False),
        ("a/b", "x/..", False),
        ("a/b", "./x", False),
        ("a", "x//y", False),
        ("a", "x\x1b", False),
    ],
)
def test_a_link_goes_up_to_the_top_at_most_and_then_down(name: str, to: str, inside: bool) -> None:
    assert stays_inside(name, to) is inside
