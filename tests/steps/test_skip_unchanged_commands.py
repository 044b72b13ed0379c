"""When the host itself finds that a command would do the same again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from slipway.core.shell import PRELUDE, sh
from slipway.remote.django.run_inputs import file_state
from slipway.steps.skip_unchanged_commands import FUNCTIONS

KEY = "static env settings"
FILES = {
    "shop/views.py": "a",
    "shop/urls.py": "b",
    "shop/static/page.css": "c",
    "odd/ä [1]?\\ *.py": "d",
    "top.py": "e",
}


class Repo:
    """A repository as a host has one; makes trees."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "--bare", ".")

    def git(self, *words: str, given: str = "") -> str:
        command = ["git", f"--git-dir={self.folder}", *words]
        return subprocess.run(
            command, cwd=self.folder, input=given, capture_output=True, text=True, check=True
        ).stdout.strip()

    def tree(self, files: dict[str, str]) -> str:
        index = self.folder / "index"
        index.unlink(missing_ok=True)
        for path, text in files.items():
            object = self.git("hash-object", "-w", "--stdin", given=text)
            self.git("update-index", "--add", "--cacheinfo", f"100644,{object},{path}")
        return self.git("write-tree")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    folder = tmp_path / "repo.git"
    folder.mkdir()
    return Repo(folder)


def proven(repo: Repo, inputs: list[str], new: dict[str, str], old: str = "", key: str = KEY) -> bool:
    """Whether what was made from FILES, of which `inputs` were read, would be the same with `new` files."""
    return said(repo, inputs, new, old, key) == "yes\n"


def said(repo: Repo, inputs: list[str], new: dict[str, str], old: str = "", key: str = KEY) -> str:
    """What the script says of it."""
    record = repo.folder / "record"
    record.write_text("\n".join([KEY, old or repo.tree(FILES), *inputs, ""]))
    script = sh(
        "{{functions}}\nif proven {{record}} {{key}} {{tree}} {{shared}}; then echo yes; else echo no; fi",
        functions=FUNCTIONS,
        record=record,
        key=key,
        tree=repo.tree(new),
        shared=repo.folder / "shared",
    )
    done = subprocess.run(
        ["bash", "-c", f"{PRELUDE}export GIT_DIR={repo.folder}\n{script}"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


READ = ["shop/urls.py", "shop/static", "top.py"]


def test_the_same_tree_is_proof(repo: Repo) -> None:
    assert proven(repo, READ, FILES)


def test_what_was_not_read_may_change(repo: Repo) -> None:
    changed = {**FILES, "shop/views.py": "new", "odd/ä [1]?\\ *.py": "new"}
    assert proven(repo, READ, changed)
    assert proven(repo, ["shop/views.p", "hop/views.py", "shop/views.py2", "*"], changed)


@pytest.mark.parametrize("path", ["shop/urls.py", "shop/static/page.css", "top.py"])
def test_what_was_read_may_not_change(repo: Repo, path: str) -> None:
    assert not proven(repo, READ, {**FILES, path: "new"})


@pytest.mark.parametrize("read", ["odd", "odd/ä [1]?\\ *.py"])
def test_names_mean_themselves(repo: Repo, read: str) -> None:
    assert not proven(repo, [read], {**FILES, "odd/ä [1]?\\ *.py": "new"})


def test_files_that_come_or_go_are_no_proof(repo: Repo) -> None:
    assert not proven(repo, READ, {**FILES, "new.py": ""})
    assert not proven(repo, READ, {path: text for path, text in FILES.items() if path != "shop/views.py"})


def test_another_environment_is_no_proof(repo: Repo) -> None:
    assert not proven(repo, READ, FILES, key="static other settings")


def test_a_tree_that_is_not_there_any_more_is_no_proof(repo: Repo) -> None:
    assert not proven(repo, READ, FILES, old="1" * 40)


def test_nothing_that_was_read_is_no_proof(repo: Repo) -> None:
    assert not proven(repo, [], FILES)


@pytest.mark.parametrize("read", ["shop/../top.py", "./top.py", "shop//urls.py", "shop/static/", "shop/."])
def test_a_path_that_is_not_plain_is_no_proof(repo: Repo, read: str) -> None:
    assert not proven(repo, ["shop/urls.py", read], {**FILES, "shop/views.py": "new"})


@pytest.fixture
def kept(repo: Repo) -> Path:
    """A file in shared/ that was read."""
    (repo.folder / "shared").mkdir()
    path = repo.folder / "shared" / "secret key.txt"
    path.write_text("a")
    return path


def test_a_file_in_shared_that_was_read_and_is_the_same_is_no_reason_to_run_again(repo: Repo, kept: Path) -> None:
    absent = f"{kept.parent}/nothing.cfg\t-"
    inputs = [*READ, f"{kept}\t{file_state(str(kept))}", absent]
    assert proven(repo, inputs, FILES)
    assert proven(repo, inputs, {**FILES, "shop/views.py": "new"})
    assert f"not skipped: {READ[0]} has changed" in said(repo, inputs, {**FILES, READ[0]: "new"})


def test_a_file_in_shared_that_was_written_replaced_removed_or_made_is_told(repo: Repo, kept: Path) -> None:
    inputs = [*READ, f"{kept}\t{file_state(str(kept))}", f"{kept.parent}/nothing.cfg\t-"]
    stat = kept.stat()
    kept.write_text("b")
    os.utime(kept, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert "secret key.txt has changed" in said(repo, inputs, FILES)
    kept.unlink()
    assert "a file that it reads is gone" in said(repo, inputs, FILES)
    (kept.parent / "nothing.cfg").touch()
    assert "nothing.cfg is there now" in said(repo, inputs, FILES)


@pytest.mark.parametrize("path", ["/home/deploy/.ssh/id", "SHARED/../x", "/etc/../home/x", "/var/lib/x"])
def test_no_other_file_of_the_host_is_looked_at_for_an_app(repo: Repo, kept: Path, path: str) -> None:
    place = path.replace("SHARED", str(kept.parent))
    assert f"it reads {place}" in said(repo, [*READ, f"{place}\t-"], FILES)


def test_the_reason_is_told(repo: Repo) -> None:
    assert "the venv is another one" in said(repo, READ, FILES, key="static env other")
    assert "settings in the inventory, or the environment" in said(repo, READ, FILES, key="static other settings")
    assert "files of the source have come or gone" in said(repo, READ, {**FILES, "new.py": ""})
